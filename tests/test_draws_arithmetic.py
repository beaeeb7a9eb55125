"""The arithmetic of the random draw: repeatable, even, true to its weights, and never against a recusal."""

from __future__ import annotations

import copy
import hashlib
import json
import random
from itertools import count

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from supervision.rules import draw as lots

DRAWS = 10_000


def rosters(weights, inspectors=4, recused=None, number=1, per_object=2):
    recused = recused or {}
    return {
        "number": number,
        "per_object": per_object,
        "objects": [
            {"key": f"section:{n:03}", "name": f"标段{n}", "weight": weight}
            for n, weight in enumerate(weights)
        ],
        "inspectors": [
            {"key": f"inspector:{n:03}", "name": f"人员{n}", "recused": sorted(recused.get(n, []))}
            for n in range(inspectors)
        ],
        "nonce_sha256": lots.sha256("n0"),
    }


def record(**facts):
    made = rosters([1, 2, 3, 4], number=2) | facts
    commitment = lots.fingerprint(made)
    seed = lots.seed_of(commitment, "n0", "第2026001期 3 7 9")
    return {
        "format": lots.FORMAT,
        "rosters": made,
        "commitment": commitment,
        "nonce": "n0",
        "seed_text": "第2026001期 3 7 9",
        "result": lots.assign(made, seed),
    }


def chi_square(seen, expected):
    return sum((seen.get(key, 0) - wanted) ** 2 / wanted for key, wanted in expected.items())


def test_the_numbers_are_those_of_the_manual():
    """Worked out by hand from docs/random-draw.md, so that another program can be checked against it."""
    block = hashlib.sha256(b"abc:0").digest()
    lot = lots.Lot("abc")
    assert [lot.word() for _ in range(4)] == [
        int.from_bytes(block[at : at + 8], "big") for at in (0, 8, 16, 24)
    ]
    assert lot.word() == int.from_bytes(hashlib.sha256(b"abc:1").digest()[:8], "big")
    assert lots.canonical({"乙": [1, "a"], "b": None}) == '{"b":null,"乙":[1,"a"]}'
    # Fixed for ever: a change of the arithmetic would make printed records worthless.
    assert lots.Lot("三个工程").pick([1, 2, 3, 4, 5], 5) == KNOWN_ORDER
    assert lots.assign(rosters([1, 2, 3, 4], number=2), "seed") == KNOWN_DRAW


KNOWN_ORDER = [1, 2, 3, 4, 0]
KNOWN_DRAW = [
    {"object": "section:003", "inspectors": ["inspector:002", "inspector:001"]},
    {"object": "section:001", "inspectors": ["inspector:001", "inspector:002"]},
]


def by_the_manual(rosters, seed):
    """docs/random-draw.md done again in another way: one flat list of names, as often as each weighs."""

    def numbers():
        for n in count():
            digits = hashlib.sha256(f"{seed}:{n}".encode()).hexdigest()
            yield from (int(digits[at : at + 16], 16) for at in range(0, 64, 16))

    stream = numbers()

    def one_of(names):
        most = 2**64 // len(names) * len(names)
        return names[next(word for word in stream if word < most) % len(names)]

    def several(weights, k):
        names, got = [name for name, weight in weights for _ in range(weight)], []
        while len(got) < k:
            got.append(one_of(names))
            names = [name for name in names if name != got[-1]]
        return got

    drawn = several([(row["key"], row["weight"]) for row in rosters["objects"]], rosters["number"])
    people = [(row["key"], row["recused"]) for row in rosters["inspectors"]]
    return [
        {
            "object": key,
            "inspectors": several(
                [(who, 1) for who, away in people if key not in away], rosters["per_object"]
            ),
        }
        for key in drawn
    ]


def test_another_program_after_the_manual_draws_the_same():
    for n in range(200):
        made = rosters([1, 9, 4, 2, 2], 5, {0: {"section:001"}, 3: {"section:004", "section:000"}}, number=3)
        assert lots.assign(made, f"again:{n}") == by_the_manual(made, f"again:{n}")


def test_the_same_record_gives_the_same_result():
    one = record()
    assert lots.problems(one) == []
    assert lots.problems(json.loads(json.dumps(one, ensure_ascii=False))) == []
    # The order of keys in a file does not matter.
    assert lots.problems(dict(reversed(one.items()))) == []


def test_another_seed_gives_another_result():
    made = rosters([1] * 40, number=10)
    results = {lots.canonical(lots.assign(made, f"s{n}")) for n in range(20)}
    assert len(results) == 20


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 10, 1000, 2**63 + 1])
def test_a_number_below_a_limit_is_below_it(limit):
    lot = lots.Lot(f"limit {limit}")
    assert all(0 <= lot.below(limit) < limit for _ in range(500))


@pytest.mark.parametrize("limit", [0, -1, 2**64 + 1])
def test_a_limit_without_a_number_is_refused(limit):
    with pytest.raises(ValueError, match="limit"):
        lots.Lot("x").below(limit)


def test_numbers_beyond_the_last_multiple_are_passed_over():
    """Else the low ones would come more often."""

    class Told(lots.Lot):
        def __init__(self, words):
            self.words = iter(words)

        def word(self):
            return next(self.words)

    assert (
        Told([2**64 - 1, 5]).below(3) == 2
    )  # 2^64 is one more than a multiple of 3: the last number is one too many
    assert Told([2**64 - 2]).below(3) == (2**64 - 2) % 3


@pytest.mark.parametrize("weights", [[0, 1], [-1], [1, 1]])
def test_weights_that_cannot_be_drawn_are_refused(weights):
    with pytest.raises(ValueError):
        lots.Lot("x").pick(weights, 3)


def test_first_picks_match_their_weights():
    """10,000 draws with a fixed seed: the statistic below the 99.9 % quantile of χ² with 3 degrees of freedom."""
    weights = [1, 2, 3, 4]
    seen: dict[int, int] = {}
    for n in range(DRAWS):
        first = lots.Lot(f"frequency:{n}").pick(weights, 1)[0]
        seen[first] = seen.get(first, 0) + 1
    expected = {place: DRAWS * weight / 10 for place, weight in enumerate(weights)}
    assert chi_square(seen, expected) < 16.27


def test_pairs_without_replacement_match_their_weights():
    """Two of three: P(i, j) = w_i/W · w_j/(W - w_i); χ² with 5 degrees of freedom, 99.9 %."""
    weights = [1, 2, 5]
    seen: dict[tuple, int] = {}
    for n in range(DRAWS):
        pair = tuple(lots.Lot(f"pairs:{n}").pick(weights, 2))
        seen[pair] = seen.get(pair, 0) + 1
    expected = {
        (i, j): DRAWS * weights[i] / 8 * weights[j] / (8 - weights[i])
        for i in range(3)
        for j in range(3)
        if i != j
    }
    assert set(seen) == set(expected)
    assert chi_square(seen, expected) < 20.52


def test_inspectors_are_drawn_evenly():
    """Each pair of four as likely as the other: χ² with 11 degrees of freedom over ordered pairs, 99.9 %."""
    made, seen = rosters([1], inspectors=4), {}
    for n in range(DRAWS):
        pair = tuple(lots.assign(made, f"even:{n}")[0]["inspectors"])
        seen[pair] = seen.get(pair, 0) + 1
    assert len(seen) == 12
    assert chi_square(seen, dict.fromkeys(seen, DRAWS / 12)) < 31.26


def test_recusals_are_respected_whatever_the_rosters():
    """Rosters of every shape: nobody inspects what they keep away from, nobody twice, no section twice."""
    chance = random.Random(20260101)
    for n in range(300):
        objects, people = chance.randint(1, 12), chance.randint(2, 8)
        recused = {
            who: {f"section:{place:03}" for place in range(objects) if chance.random() < 0.3}
            for who in range(people)
        }
        made = rosters(
            [chance.randint(1, 20) for _ in range(objects)],
            people,
            recused,
            number=chance.randint(1, objects),
        )
        if lots.shortage(made):
            continue
        result = lots.assign(made, f"recused:{n}")
        away = {row["key"]: set(row["recused"]) for row in made["inspectors"]}
        assert len({row["object"] for row in result}) == made["number"]
        for row in result:
            assert len(set(row["inspectors"])) == 2
            assert not any(row["object"] in away[who] for who in row["inspectors"])


def test_a_shortage_is_said_before():
    away = {n: {"section:000"} for n in range(3)}
    few = rosters([1, 1], inspectors=4, recused=away)
    assert lots.shortage(few) == ["“标段0”回避后可派的检查人员只有1人，不足2人。"]
    assert lots.shortage(rosters([1], number=2))[0].startswith("对象名录只有1个标段")
    assert lots.shortage(rosters([1, 1], number=2)) == []


def tampered():
    """(what was done to the record, what is said)"""

    def heavier(made):
        made["rosters"]["objects"][0]["weight"] = 9

    def unrecused(made):
        made["rosters"]["inspectors"][0]["recused"] = ["section:001"]

    def renamed(made):
        made["rosters"]["objects"][0]["name"] = "别的标段"

    def swapped(made):
        made["result"][0]["inspectors"].reverse()

    def other_seed(made):
        made["seed_text"] = "第2026002期 1 1 1"

    def other_nonce(made):
        made["nonce"] = "n1"

    def cut(made):
        del made["rosters"]["objects"]

    def other_format(made):
        made["format"] = "random-draw/9"

    return [
        (heavier, "名单在公布后被改动"),
        (unrecused, "名单在公布后被改动"),
        (renamed, "名单在公布后被改动"),
        (swapped, "结果与记录不同"),
        (other_seed, "结果与记录不同"),
        (other_nonce, "平台随机数与公布的校验值不符"),
        (cut, "记录不完整"),
        (other_format, "不认识的记录格式"),
    ]


@pytest.mark.parametrize(("harm", "said"), tampered(), ids=[harm.__name__ for harm, _ in tampered()])
def test_a_record_that_was_touched_is_found(harm, said, tmp_path):
    made = copy.deepcopy(record())
    harm(made)
    assert said in "".join(lots.problems(made))
    file = tmp_path / "record.json"
    file.write_text(json.dumps(made, ensure_ascii=False), encoding="utf-8")
    with pytest.raises(CommandError, match=said):
        call_command("verify_draw", str(file))


def test_a_record_that_holds_is_told_so_without_a_database(tmp_path, capsys):
    file = tmp_path / "record.json"
    file.write_text(json.dumps(record(), ensure_ascii=False), encoding="utf-8")
    call_command("verify_draw", str(file))
    assert "重新抽取的结果与记录一致" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["", "[]", "{", '{"format": 1}', "\x00"])
def test_what_is_no_record_is_refused(text, tmp_path):
    file = tmp_path / "record.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(CommandError):
        call_command("verify_draw", str(file))
