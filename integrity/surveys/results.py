"""What a questionnaire says, without showing anybody.

Nothing is broken down while fewer than `least` sheets are in. A group is shown only where it has at least `least`
sheets itself and the groups that are not shown have none or as many together: else the total less what is shown
would tell what is hidden. The same holds for those who answered one question.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from supervision.rules.numbers import percent

from ..models import QuestionKind, Survey, SurveyQuestion, SurveyTally


def shown_groups(sizes: Mapping[str, int], least: int) -> list[str]:
    """The groups whose answers may be shown beside the total, in the order given."""
    shown = [name for name, number in sizes.items() if number >= least]
    hidden = sum(number for name, number in sizes.items() if name not in shown)
    # The smallest shown one joins the hidden until they are enough, or nothing is left to show.
    while shown and 0 < hidden < least:
        smallest = min(shown, key=lambda name: sizes[name])
        shown.remove(smallest)
        hidden += sizes[smallest]
    return shown


@dataclass(frozen=True)
class Counted:
    """One question's result. `answered` is None where too few answered it for anything to be shown."""

    question: SurveyQuestion
    answered: int | None
    rows: list[dict]
    groups: list[str]
    mean: str
    remarks: list[str]
    chart: dict | None


def results(survey: Survey, least: int) -> tuple[int, list[Counted]]:
    """(number of sheets, the questions' results); three statements however many answers there are."""
    numbers: dict[int | None, dict[str, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    for question, group, word, number in SurveyTally.objects.filter(survey=survey).values_list(
        "question_id", "group", "word", "number"
    ):
        numbers[question][group][word] = number
    sheets = sum(words.get("", 0) for words in numbers[None].values())
    enough = sheets >= least
    remarks = defaultdict(list)
    if enough:
        for question, text in survey.remarks.order_by("key").values_list("question_id", "text"):
            remarks[question].append(text)
    names = list(survey.groups) or [""]
    overall = {name: numbers[None].get(name, {}).get("", 0) for name in names}
    made = [
        counted(
            question, {name: numbers[question.pk].get(name, {}) for name in names}, overall, least, enough
        )
        if question.kind != QuestionKind.TEXT
        else written(question, remarks[question.pk], least)
        for question in survey.questions.order_by("order", "pk")
    ]
    return sheets, made


def written(question: SurveyQuestion, texts: list[str], least: int) -> Counted:
    """Remarks are shown from as many on as counts are, in no order of coming."""
    texts = texts if len(texts) >= least else []
    return Counted(question, len(texts) or None, [], [], "", texts, None)


def counted(
    question: SurveyQuestion,
    by_group: Mapping[str, Mapping[str, int]],
    overall: Mapping[str, int],
    least: int,
    enough: bool,
) -> Counted:
    """The words of a question with how often each was chosen, over all and by the groups that may be shown.

    overall   how many sheets each group has, of which those of a question are a part: both must be enough, and both
              what the shown groups leave over
    """
    sizes = {name: words.get("", 0) for name, words in by_group.items()}
    answered = sum(sizes.values())
    if not enough or answered < least:
        return Counted(question, None, [], [], "", [], None)
    groups = []
    if len(sizes) > 1:
        allowed = set(shown_groups(overall, least))
        groups = [name for name in shown_groups(sizes, least) if name in allowed]
        rest = answered - sum(sizes[name] for name in groups)
        while groups and 0 < rest < least:
            smallest = min(groups, key=lambda name: sizes[name])
            groups.remove(smallest)
            rest += sizes[smallest]
    rows = []
    for word in question.words():
        number = sum(words.get(word, 0) for words in by_group.values())
        rows.append(
            {
                "word": f"{word}分" if question.kind == QuestionKind.SCORE else word,
                "number": number,
                "rate": percent(number, answered),
                "cells": [
                    {
                        "number": by_group[name].get(word, 0),
                        "rate": percent(by_group[name].get(word, 0), sizes[name]),
                    }
                    for name in groups
                ],
            }
        )
    mean = ""
    if question.kind == QuestionKind.SCORE:
        total = sum(
            int(word) * sum(words.get(word, 0) for words in by_group.values()) for word in question.words()
        )
        mean = f"{total / answered:.2f}"
    series = [{"name": "全部", "kind": "bar", "data": [float(row["rate"]) for row in rows]}]
    series += [
        {"name": name, "kind": "bar", "data": [float(row["cells"][at]["rate"]) for row in rows]}
        for at, name in enumerate(groups)
    ]
    chart = {"title": question.text, "unit": "%", "labels": [row["word"] for row in rows], "series": series}
    return Counted(question, answered, rows, groups, mean, [], chart)
