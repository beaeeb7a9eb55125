"""What the plan's room asks about the projects that a notice names; see supervision/plan/naming.py."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.exceptions import ValidationError

from supervision.flows import records
from supervision.flows.history import Actor
from supervision.plan.naming import matching
from supervision.rules.names import name_key

from .models import Candidacy, Project, Scheme
from .models.candidacy import SchemeUnit, Stage
from .services import standing


class NoticeProjects:
    """Fills `supervision.plan.naming.projects`."""

    def named(self, names: Iterable[str]) -> dict[str, str]:
        keys = {name: name_key(name) for name in names}
        wanted = {key for key in keys.values() if key}
        by_key: dict[str, set[int]] = {}
        found: dict[int, Project] = {}
        for row in matching(Project.objects.works().select_related("merged_into"), wanted):
            project = standing(row)
            found[project.pk] = project
            for key in row.search_key.strip("|").split("|"):
                by_key.setdefault(key, set()).add(project.pk)
        return {
            name: found[next(iter(by_key[key]))].name
            for name, key in keys.items()
            if len(by_key.get(key, ())) == 1
        }

    def uses(self) -> list[tuple[str, str]]:
        made = []
        for scheme in Scheme.objects.filter(is_active=True, unit=SchemeUnit.PROJECT):
            stages = (Stage.LISTING, Stage.REVIEW) if scheme.has_listing else (Stage.CREATION,)
            made += [(f"{scheme.code}:{stage.value}", f"{scheme.name}·{stage.label}") for stage in stages]
        return made

    def adopt(self, use: str, year: int, names: list[str], provenance: str, actor: Actor) -> int:
        if use not in dict(self.uses()):
            raise ValidationError("所选的名单用途不存在或已停用。")
        code, stage = use.rsplit(":", 1)
        scheme = Scheme.objects.get(code=code)
        projects = {project.name: project for project in Project.objects.works().filter(name__in=names)}
        if missing := [name for name in names if name not in projects]:
            raise ValidationError(f"项目库中没有：{'、'.join(missing)}。")
        # A project answers for those merged into it.
        wanted = {project.pk: project for project in map(standing, projects.values())}
        key = {"scheme": scheme, "year": year, "stage": stage}
        there = set(
            Candidacy.objects.filter(**key, project__in=wanted, section=None, achievement="")
            .exclude(status="withdrawn")
            .values_list("project_id", flat=True)
        )
        new = [
            Candidacy(**key, project=project, provenance=provenance[:120])
            for pk, project in wanted.items()
            if pk not in there
        ]
        if new:
            records.create_many(new, actor, label="由通知名单采用")
        return len(new)
