"""Rules over several hidden dangers: raising one from a finding, judging its grade, asking sister sections."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet

from projects.findings import Finding
from projects.models import Section
from projects.models.section import SectionKind
from supervision.flows import perform, records
from supervision.flows.errors import IllegalTransition, NotAllowed
from supervision.flows.history import Actor
from supervision.people.models import AUTHORITY_ROLES, Role

from .grading import Judgement
from .models import HiddenDanger, SisterCheck, Source
from .models.danger import REPORTED, Outcome
from .rules import MAJOR_ITEMS, rule

# Who may ask other sections to look for the same.
ASKERS = AUTHORITY_ROLES | {Role.INSPECTOR, Role.OWNER}


def raise_danger(finding: Finding, actor: Actor) -> HiddenDanger:
    """The hidden danger of an inspection's finding; raised once per finding."""
    with transaction.atomic():
        made = HiddenDanger.objects.filter(source_label=finding.label, source_id=finding.id).first()
        if made is not None:
            return made
        danger = HiddenDanger(
            project=finding.project,
            section=finding.section,
            part=finding.part,
            stakes=finding.stakes,
            description=finding.description,
            clause=finding.clause,
            category=finding.category,
            source=Source.SELF_CHECK if finding.self_check else Source.INSPECTION,
            is_demo=finding.is_demo,
            source_label=finding.label,
            source_id=finding.id,
        )
        if finding.found_on:
            danger.found_on = finding.found_on
        return records.create(danger, actor, reason="检查发现")


def may_judge(danger: HiddenDanger, user) -> bool:
    """Whether this person may go through the grading questions now: whoever may verify or refer it."""
    return danger.status == REPORTED and any(
        t.name == "refer" for t in perform.open_to([danger], user)[danger.pk]
    )


def record_judgement(
    danger: HiddenDanger, judgement: Judgement, actor: Actor, version: int | None = None
) -> HiddenDanger:
    """Keep what the questions came to on the record, with the rule version that asked them.

    It proposes grade and clause; nobody is graded by it. Raises NotAllowed, LostRace.
    """
    if danger.status != REPORTED:
        raise IllegalTransition("该隐患已核查，不再判定。")
    if actor.user is None or not may_judge(danger, actor.user):
        raise NotAllowed("您不能核查此隐患。")
    values = {
        "category": judgement.category,
        "judged": judgement.outcome,
        "judgement": judgement.as_json(),
        "grade_rule": rule(MAJOR_ITEMS),
        # Unclear proposes nothing: the field stays empty until experts have spoken.
        "grade": "" if judgement.outcome == Outcome.UNCLEAR else judgement.outcome,
    }
    if judgement.clause:
        values["clause"] = judgement.clause
    return records.update(
        danger, values, actor, version=version, verb="judge", label="重大隐患判定", reason=judgement.words
    )


def sister_sections(danger: HiddenDanger) -> list[Section]:
    """Sections of the same project that are built by somebody and have not been asked yet."""
    asked = danger.sisters.values("section_id")
    rows = Section.objects.filter(
        project_id=danger.project_id, kind=SectionKind.CONSTRUCTION, end_on__isnull=True
    ).exclude(pk__in=asked)
    return list(rows.exclude(pk=danger.section_id).select_related("project").order_by("code"))


def sections_to_ask(danger: HiddenDanger, user) -> QuerySet[Section]:
    """The sister sections that this person sees and may ask. Raises NotAllowed."""
    if not user.roles & ASKERS or not danger.grade:
        raise NotAllowed("您不能就此隐患布置举一反三自查。")
    open_ones = [section.pk for section in sister_sections(danger)]
    return Section.objects.visible_to(user).filter(pk__in=open_ones).select_related("project")


def ask_sisters(
    danger: HiddenDanger, sections: Iterable[Section], asked: str, actor: Actor
) -> list[SisterCheck]:
    """举一反三: ask sections to look for the same on their own site. Raises ValidationError without sections."""
    sections = list(sections)
    if not sections:
        raise ValidationError("请选择要自查的标段。")
    checks = [SisterCheck(danger=danger, section=section, asked=asked) for section in sections]
    return records.create_many(checks, actor, label="布置自查")
