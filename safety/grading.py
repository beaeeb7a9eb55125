"""重大隐患判定: the questions of the versioned item table, and what the answers come to.

One yes makes it major, by that item's clause. One answer that is unsure or missing sends it to experts, and so
does a yes to an item whose own wording is uncertain. Only when every question is answered no is it not major.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from supervision.rules.models import Confidence, RuleSet

from .models.danger import Outcome

YES, NO, UNSURE = "yes", "no", "unsure"
ANSWERS = {YES: "是", NO: "否", UNSURE: "不清楚"}
# Items that never decide alone.
UNCERTAIN = {Confidence.UNSURE, Confidence.DEFAULT}


@dataclass(frozen=True)
class Question:
    """One question. `key` names it in forms and in the record; `clause` is what a yes is judged by."""

    key: str
    item: str
    text: str
    work: str
    clause: str
    confidence: str

    @property
    def confidence_label(self) -> str:
        return Confidence(self.confidence).label


@dataclass(frozen=True)
class Judgement:
    category: str
    works: tuple[str, ...]
    outcome: str
    clause: str
    answers: tuple[tuple[Question, str], ...]
    rule_version: str

    @property
    def words(self) -> str:
        """The outcome in one line, for the history."""
        told = Outcome(self.outcome).label
        return f"{told}：{self.clause}" if self.clause else told

    def as_json(self) -> dict:
        return {
            "类别": self.category,
            "作业": list(self.works),
            "标准版本": self.rule_version,
            "问答": [
                {"编号": q.key, "问题": q.text, "回答": ANSWERS[a], "依据": q.clause} for q, a in self.answers
            ],
        }


def works_of(rules: RuleSet, category: str) -> list[str]:
    """The works that the items of a category speak of, in their order; none for categories without items."""
    return list(dict.fromkeys(i["work"] for i in rules.content["items"] if i["category"] == category))


def questions(rules: RuleSet, category: str, works: tuple[str, ...] = ()) -> list[Question]:
    """The questions for a category: those of the chosen works (all when none is chosen), and last the general
    definition, which is asked of everything."""
    found = []
    for item in rules.content["items"]:
        if item["category"] != category or (works and item["work"] not in works):
            continue
        clause = clause_of(rules, item)
        found += [
            Question(f"{item['code']}.{n}", item["code"], text, item["work"], clause, item["confidence"])
            for n, text in enumerate(item["questions"], 1)
        ]
    last = rules.content["definition"]
    clause = clause_of(rules, last)
    found.append(
        Question(f"{last['code']}.1", last["code"], last["question"], "", clause, last["confidence"])
    )
    return found


def clause_of(rules: RuleSet, item: Mapping) -> str:
    """What a record cites: the document with its article where that is known, else with the portal's own code."""
    article = item.get("article") or f"（本系统条目{item['code']}）"
    return f"{rules.source_document}{article}"


def judge(rules: RuleSet, category: str, works: tuple[str, ...], answers: Mapping[str, str]) -> Judgement:
    """What the answers (question key → yes, no, unsure) come to. A question without an answer counts as unsure."""
    asked = [(q, answers.get(q.key, UNSURE)) for q in questions(rules, category, works)]
    asked = [(q, a if a in ANSWERS else UNSURE) for q, a in asked]
    sure = [q for q, a in asked if a == YES and q.confidence not in UNCERTAIN]
    open_ones = [q for q, a in asked if a == UNSURE or (a == YES and q.confidence in UNCERTAIN)]
    if sure:
        outcome, cited = Outcome.MAJOR, sure
    elif open_ones:
        outcome, cited = Outcome.UNCLEAR, [q for q, a in asked if a == YES]
    else:
        outcome, cited = Outcome.GENERAL, []
    clause = "；".join(dict.fromkeys(f"{q.clause} {q.text}" for q in cited))[:300]
    return Judgement(category, works, outcome.value, clause, tuple(asked), rules.version)
