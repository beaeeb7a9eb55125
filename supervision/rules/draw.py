"""Drawing by lot so that anybody can draw again: no clock, no machine, no language's own generator.

Everything follows from SHA-256 over UTF-8 text. docs/random-draw.md says it in words, for whoever wants to
repeat a draw with another program.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

T = TypeVar("T")

FORMAT = "random-draw/1"
WORD = 2**64


def canonical(value: Any) -> str:
    """JSON with sorted keys and without spaces: one text for one value. Whole numbers only, no fractions."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def sha256(text: str) -> str:
    """The SHA-256 of a text in UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def fingerprint(value: Any) -> str:
    """The SHA-256 of a value's canonical JSON."""
    return sha256(canonical(value))


class Lot:
    """An endless row of numbers that follows from a seed.

    Block n (0, 1, 2, …) is SHA-256 of "seed:n"; each block gives four numbers of 64 bits, the high byte first.
    """

    def __init__(self, seed: str):
        self.seed = seed
        self._block = 0
        self._left: list[int] = []

    def word(self) -> int:
        """The next number, from 0 to 2^64 - 1."""
        if not self._left:
            block = hashlib.sha256(f"{self.seed}:{self._block}".encode()).digest()
            self._block += 1
            self._left = [int.from_bytes(block[at : at + 8], "big") for at in range(0, 32, 8)]
        return self._left.pop(0)

    def below(self, limit: int) -> int:
        """A number from 0 to limit - 1, each as likely as the other. Raises ValueError unless 1 <= limit <= 2^64.

        Numbers beyond the greatest multiple of `limit` are passed over, or the low ones would come more often.
        """
        if not 1 <= limit <= WORD:
            raise ValueError(f"limit {limit}")
        ceiling = WORD - WORD % limit
        while (number := self.word()) >= ceiling:
            pass
        return number % limit

    def pick(self, weights: Sequence[int], number: int) -> list[int]:
        """`number` different positions of `weights`, one after the other, each in proportion to its weight among
        those that are left. Raises ValueError when a weight is below 1 or there are too few."""
        if any(weight < 1 for weight in weights):
            raise ValueError("weights must be whole numbers from 1")
        if number > len(weights):
            raise ValueError(f"{number} of {len(weights)}")
        left = list(range(len(weights)))
        total, chosen = sum(weights), []
        for _ in range(number):
            point, place = self.below(total), 0
            while point >= weights[left[place]]:
                point -= weights[left[place]]
                place += 1
            total -= weights[left[place]]
            chosen.append(left.pop(place))
        return chosen


def seed_of(commitment: str, nonce: str, public: str) -> str:
    """The seed of a draw: what was committed to, the portal's own part, and the public text that came after."""
    return sha256(f"{FORMAT}:{commitment}:{nonce}:{public.strip()}")


def assign(rosters: Mapping[str, Any], seed: str) -> list[dict[str, Any]]:
    """Draw objects, and for each its inspectors, from rosters as they were committed to.

    rosters   {"number", "per_object", "objects": [{"key", "weight"}], "inspectors": [{"key", "recused": [keys]}]};
              both lists in the order of their keys, which is how they are published
    Returns [{"object": key, "inspectors": [keys]}] in the order drawn. Raises ValueError when the rosters do not
    suffice; `shortage` says so beforehand.
    """
    lot = Lot(seed)
    objects, inspectors = list(rosters["objects"]), list(rosters["inspectors"])
    result = []
    for place in lot.pick([row["weight"] for row in objects], rosters["number"]):
        key = objects[place]["key"]
        free = [row["key"] for row in inspectors if key not in row["recused"]]
        who = lot.pick([1] * len(free), rosters["per_object"])
        result.append({"object": key, "inspectors": [free[position] for position in who]})
    return result


def shortage(rosters: Mapping[str, Any]) -> list[str]:
    """Why a draw from these rosters could fail, as Chinese sentences; empty when it cannot."""
    found = []
    if rosters["number"] > len(rosters["objects"]):
        found.append(f"对象名录只有{len(rosters['objects'])}个标段，不足抽取{rosters['number']}个。")
    for row in rosters["objects"]:
        free = sum(row["key"] not in one["recused"] for one in rosters["inspectors"])
        if free < rosters["per_object"]:
            name = row.get("name", row["key"])
            found.append(f"“{name}”回避后可派的检查人员只有{free}人，不足{rosters['per_object']}人。")
    return found


def problems(record: Mapping[str, Any]) -> list[str]:
    """Draw again from a printed record; what does not fit, as Chinese sentences. Empty: the record holds.

    record   {"format", "rosters", "commitment", "nonce", "seed_text", "result"}, see docs/random-draw.md
    """
    if record.get("format") != FORMAT:
        return [f"不认识的记录格式：{record.get('format')!r}"]
    found = []
    try:
        rosters = record["rosters"]
        if fingerprint(rosters) != record["commitment"]:
            found.append("名单与公布的校验值不符：名单在公布后被改动。")
        if sha256(record["nonce"]) != rosters["nonce_sha256"]:
            found.append("平台随机数与公布的校验值不符。")
        seed = seed_of(record["commitment"], record["nonce"], record["seed_text"])
        if assign(rosters, seed) != record["result"]:
            found.append("重新抽取的结果与记录不同。")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        found.append(f"记录不完整，无法重新抽取（{error}）。")
    return found


def by_hash(rows: Iterable[T], seed: str, key: Callable[[T], Any]) -> list[T]:
    """The rows in the order of SHA-256 of "seed:key": a shuffle that can be repeated anywhere."""
    return sorted(rows, key=lambda row: sha256(f"{seed}:{key(row)}"))
