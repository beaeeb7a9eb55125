"""Finding a project by any of its names, and making one of two rows that are the same project."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from supervision.flows import records
from supervision.flows.errors import LostRace
from supervision.flows.history import Actor
from supervision.flows.models import Event
from supervision.flows.reach import label_of, model_named
from supervision.people.models import Role, User
from supervision.people.records import Record
from supervision.rules.names import name_key

from .models import Candidacy, Eligibility, Project, Section

MERGE, UNMERGE = "merge", "unmerge"


def resolve_project(text: str, user: User | None = None) -> Project | None:
    """The project that goes by `text`, in any spelling of its name or aliases; None without one.

    A merged project answers with the one it was merged into. With `user` only what they see is found.
    """
    key = name_key(text)
    if not key:
        return None
    found = Project.objects.works().filter(search_key__contains=f"|{key}|")
    project = found.filter(merged_into__isnull=True).order_by("pk").first()
    if project is None and (merged := found.order_by("pk").first()):
        project = standing(merged)
    if project and user is not None and not Project.objects.visible_to(user).filter(pk=project.pk).exists():
        return None
    return project


def standing(project: Project) -> Project:
    """The project itself, or the one it was merged into in the end."""
    while project.merged_into_id:
        project = project.merged_into
    return project


# ---------------------------------------------------------------------------------------------------- mergin


def may_merge(user: User) -> bool:
    """Whether a person may make one project of two, or undo it: the bureau's staff."""
    return Role.BUREAU_STAFF in user.roles


def merge_projects(source: Project, target: Project, actor: Actor, reason: str) -> Project:
    """Make one of two rows: everything of `source` goes over to `target`, which answers to its names.

    Sections, eligibilities, candidacies and whatever other ledgers hold of the project move; attachments and
    placements stay with the source, which remains as a merged row. A decision on eligibility that both have
    alike is ended on the source. Returns the target as it then is.

    One transaction and one batch of events. Raises LostRace when somebody wrote one of the two since, and
    ValidationError, naming what is in the way: the same section code in both, candidacies for the same,
    unequal decisions on eligibility. Nothing is written when it raises.
    """
    if not reason.strip():
        raise ValidationError({"reason": "请填写合并理由。"})
    if source.pk == target.pk:
        raise ValidationError("不能把项目并入它自己。")
    actor = actor.in_batch(f"{MERGE}-{uuid4().hex}")
    with transaction.atomic():
        source, target = _hold(source, target)
        for project in (source, target):
            if not project.is_works:
                raise ValidationError(f"“{project}”是{project.noun}，不能与项目合并。")
            if project.merged_into_id:
                raise ValidationError(f"“{project}”已并入“{project.merged_into}”，不能再合并。")
        ended = _check_clashes(source, target)
        told = {"reason": reason, "verb": MERGE, "name": MERGE, "clean": False}
        records.update(source, {"merged_into": target}, actor, label=f"并入{target}"[:60], **told)
        for decision in ended:
            values = {"superseded_on": max(timezone.localdate(), decision.decided_on)}
            records.update(decision, values, actor, label="随项目合并终止", **told)
        kept = {decision.pk for decision in ended}
        for record, field in _following(source):
            if isinstance(record, Eligibility) and record.pk in kept:
                continue
            _move(record, field, target, actor, label="随项目并入", **told)
        aliases = _joined(target, [source.name, *source.aliases])
        return records.update(target, {"aliases": aliases}, actor, label=f"并入项目{source}"[:60], **told)


def unmerge_project(source: Project, actor: Actor, reason: str) -> list[str]:
    """Undo the merge of `source`: what the merge moved and still stands with the target goes back.

    Returns, as Chinese sentences, what could not be restored; what was done to the moved records meanwhile
    (a status, a price) stays as it is, and what was added to the target stays there. Raises ValidationError
    when the project is not merged or its name belongs to another project by now, LostRace when somebody was
    faster.
    """
    if not reason.strip():
        raise ValidationError({"reason": "请填写撤销合并的理由。"})
    actor = actor.in_batch(f"{UNMERGE}-{uuid4().hex}")
    with transaction.atomic():
        merge = records.events_of(source).filter(name=MERGE, changes__has_key="merged_into").first()
        if source.merged_into_id is None or merge is None:
            raise ValidationError(f"“{source}”没有并入其他项目。")
        source, target = _hold(source, source.merged_into)
        told = {"reason": reason, "verb": UNMERGE, "name": UNMERGE, "clean": False}
        events = list(Event.objects.filter(batch=merge.batch).order_by("pk"))
        for event in events:
            if (event.model, event.object_id) == (
                label_of(Project),
                target.pk,
            ) and "aliases" in event.changes:
                aliases = _without(target, *event.changes["aliases"])
                target = records.update(
                    target, {"aliases": aliases}, actor, label=f"撤销并入{source}"[:60], **told
                )
        _check_names_free(source)
        source = records.update(source, {"merged_into": None}, actor, label="撤销合并", **told)
        lost: list[str] = []
        back: list[int] = []
        for event in events:
            record = model_named(event.model)._base_manager.filter(pk=event.object_id).first()
            if record is None:
                lost.append(f"“{event.title}”已被删除。")
                continue
            for field, (before, after) in event.changes.items():
                if isinstance(record, Project):
                    continue
                if sentence := _restore(record, field, before, after, actor, told):
                    lost.append(sentence)
                elif isinstance(record, Section):
                    back.append(record.pk)
        _bring_along(back, source, actor, told)
    return lost


# -------------------------------------------------------------------------------------------------- the steps


def _hold(*projects: Project) -> list[Project]:
    """Fresh copies of the projects, their rows taken for this transaction in an order all callers share."""
    for project in sorted(projects, key=lambda project: project.pk):
        if not records.claim(project):
            raise LostRace(records.lost_message(project))
    return [Project.objects.get(pk=project.pk) for project in projects]


def _following(project: Project) -> Iterator[tuple[Record, str]]:
    """Every record that names the project, with the field that does; sections first, for others are checked
    against theirs. Ledgers of rooms above are found by their foreign key."""
    relations = [
        relation
        for relation in Project._meta.related_objects
        if issubclass(relation.related_model, Record) and relation.related_model is not Project
    ]
    relations.sort(
        key=lambda relation: (relation.related_model is not Section, relation.related_model._meta.label)
    )
    for relation in relations:
        field = relation.field.name
        for record in relation.related_model._base_manager.filter(**{field: project}).order_by("pk"):
            yield record, field


def _move(record: Record, field: str, target: Project, actor: Actor, **told) -> None:
    try:
        with transaction.atomic():
            records.update(record, {field: target}, actor, **told)
    except IntegrityError as error:
        kind = record._meta.verbose_name
        raise ValidationError(f"{kind}“{record}”与“{target}”已有的重复，请先处理其中一条。") from error


def _check_clashes(source: Project, target: Project) -> list[Eligibility]:
    """Raise ValidationError naming everything that both projects have; returns the source's decisions that
    the target has alike."""
    problems, alike = [], []
    codes = set(target.sections.values_list("code", flat=True))
    for section in source.sections.filter(code__in=codes):
        problems.append(f"标段号“{section.code}”两个项目都有，请先改其中一个。")
    mine = (
        source.candidacies.filter(section__isnull=True).exclude(status="withdrawn").select_related("scheme")
    )
    for candidacy in mine:
        twins = Candidacy.objects.filter(
            project=target,
            section__isnull=True,
            scheme=candidacy.scheme_id,
            year=candidacy.year,
            stage=candidacy.stage,
            achievement=candidacy.achievement,
        )
        if twins.exclude(status="withdrawn").exists():
            what = f"{candidacy.year}年{candidacy.scheme}{candidacy.get_stage_display()}"
            problems.append(f"两个项目都有{what}的申报，请先撤回其中一项。")
    decisions = source.eligibilities.filter(section__isnull=True, superseded_on__isnull=True)
    for decision in decisions.select_related("scheme"):
        twin = Eligibility.objects.filter(
            project=target,
            section__isnull=True,
            superseded_on__isnull=True,
            scheme=decision.scheme_id,
            stage=decision.stage,
            year=decision.year,
        ).first()
        if twin and twin.eligible != decision.eligible:
            what = f"{decision.year}年{decision.scheme}{decision.get_stage_display()}"
            problems.append(f"两个项目的{what}符合条件认定不一致，请先重新认定其中一个。")
        elif twin:
            alike.append(decision)
    if problems:
        raise ValidationError(problems)
    return alike


def _joined(target: Project, names: list[str]) -> list[str]:
    """The target's aliases with those of `names` it does not answer to yet."""
    known = {name_key(target.name), *map(name_key, target.aliases)}
    aliases = list(target.aliases)
    for name in names:
        if (key := name_key(name)) and key not in known:
            known.add(key)
            aliases.append(name)
    return aliases


def _without(target: Project, before: list[str], after: list[str]) -> list[str]:
    """The target's aliases as they are now, less those that a merge added."""
    added = set(map(name_key, after)) - set(map(name_key, before))
    return [alias for alias in target.aliases if name_key(alias) not in added]


def _check_names_free(source: Project) -> None:
    for name in (source.name, *source.aliases):
        twin = resolve_project(name)
        if twin and twin.pk != source.pk and f"|{name_key(name)}|" in twin.search_key:
            raise ValidationError(f"“{name}”已是项目“{twin}”的名称或别名，请先从那里删除。")


def _restore(record: Record, field: str, before, after, actor: Actor, told: dict) -> str:
    """Put one field back to what it was before the merge; the reason why not when that cannot be."""
    column = record._meta.get_field(field)
    now = getattr(record, column.attname)
    if now != column.to_python(after):
        return f"{record._meta.verbose_name}“{record}”的{column.verbose_name}在合并后又有变动，未恢复。"
    try:
        with transaction.atomic():
            records.update(
                record, {column.attname: column.to_python(before)}, actor, label="随项目恢复", **told
            )
    except IntegrityError:
        return f"{record._meta.verbose_name}“{record}”与现有记录重复，未恢复。"
    return ""


def _bring_along(sections: list[int], source: Project, actor: Actor, told: dict) -> None:
    """Rows made since the merge for a section that went back go with it."""
    for relation in Section._meta.related_objects:
        model = relation.related_model
        if not issubclass(model, Record) or not any(f.name == "project" for f in model._meta.concrete_fields):
            continue
        rows = model._base_manager.filter(**{f"{relation.field.name}__in": sections}).exclude(project=source)
        for record in rows:
            records.update(record, {"project": source}, actor, label="随标段恢复", **told)
