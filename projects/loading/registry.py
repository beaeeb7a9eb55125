"""The plan's schemes, named projects and named candidacies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from projects.models import Candidacy, Project, Scheme, Section
from projects.services import resolve_project
from supervision.plan.loading import Once
from supervision.rules.names import name_key

DATA = Path(__file__).parent.parent / "data"
PLAN = DATA / "plan_suqian_2024_69.yaml"
SCHEMES = DATA / "schemes.yaml"


class BadData(ValueError):
    """A data file contradicts itself; the message says where, in Chinese."""


def read_plan(path: Path = PLAN) -> dict[str, Any]:
    """The plan as the data file gives it, checked against itself. Raises BadData."""
    plan = yaml.safe_load(path.read_text(encoding="utf-8"))
    check_plan(plan)
    return plan


def check_plan(plan: dict[str, Any]) -> None:
    """Raise BadData when a list has another number of names or sections than it states, names a project that
    is not among the projects, or a project stands in no list."""
    known = _names(plan["projects"])
    per_project = _section_numbers(plan["placeholder_sections"], known)
    used = set()
    for entry in plan["named_candidacies"]:
        title, names = entry["list"], entry["projects"]
        unknown = [name for name in names if name_key(name) not in known]
        if unknown:
            raise BadData(f"名单“{title}”中的项目不在项目清单内：{'、'.join(unknown)}")
        stated = entry.get("stated_count")
        if stated is not None and stated != len({known[name_key(name)] for name in names}):
            raise BadData(f"名单“{title}”载明{stated}个项目，实列{len(names)}个，未载入。")
        sections = sum(per_project.get(known[name_key(name)], 0) for name in names)
        if entry.get("stated_sections", sections) != sections:
            raise BadData(
                f"名单“{title}”载明{entry['stated_sections']}个标段，占位标段共{sections}个，未载入。"
            )
        used.update(known[name_key(name)] for name in names)
    if idle := [row["name"] for row in plan["projects"] if row["name"] not in used]:
        raise BadData(f"项目未出现在任何名单中：{'、'.join(idle)}")


def _names(projects: list[dict]) -> dict[str, str]:
    """Name key → project name, over names and aliases. Raises BadData when two projects share one."""
    known: dict[str, str] = {}
    for row in projects:
        for name in (row["name"], *row.get("aliases", ())):
            if known.setdefault(name_key(name), row["name"]) != row["name"]:
                raise BadData(f"项目“{row['name']}”与“{known[name_key(name)]}”的名称或别名相同：{name}")
    return known


def _section_numbers(groups: list[dict], known: dict[str, str]) -> dict[str, int]:
    numbers: dict[str, int] = {}
    for group in groups:
        if sum(group["sections"].values()) != group["total"]:
            raise BadData(f"占位标段载明{group['total']}个，实列{sum(group['sections'].values())}个。")
        for name, number in group["sections"].items():
            if known.get(name_key(name)) != name or name in numbers:
                raise BadData(f"占位标段所属项目重复或不在项目清单内：{name}")
            numbers[name] = number
    return numbers


def load_schemes(once: Once) -> None:
    """Enter the schemes of the data file; a scheme with the same code stays as it is."""
    data = yaml.safe_load(SCHEMES.read_text(encoding="utf-8"))
    for row in data["schemes"]:
        scheme = Scheme(source=data["source"], **row)
        once.create(scheme, ("code",), twin=Scheme.objects.filter(code=row["code"]).first())


class PlanRegistry:
    """Enters one plan's projects, sections and candidacies, each once."""

    def __init__(self, plan: dict[str, Any], once: Once) -> None:
        self.plan, self.once = plan, once
        self.number = plan["document"]["number"]
        self.names = _names(plan["projects"])
        self.projects: dict[str, Project | None] = {}
        self.sections: dict[str, list[Section]] = {}

    def load(self) -> None:
        """Raises Refused when one of them is not valid, BadData when a scheme is missing."""
        for row in self.plan["projects"]:
            self.projects[row["name"]] = self._project(row)
        for group in self.plan["placeholder_sections"]:
            for name, number in group["sections"].items():
                self.sections[name] = list(self._placeholders(name, number, group["remark"]))
        for entry in self.plan["named_candidacies"]:
            for code in entry["schemes"]:
                self._candidacies(entry, code)

    def _project(self, row: dict) -> Project | None:
        twin = None
        for name in (row["name"], *row.get("aliases", ())):
            twin = twin or resolve_project(name)
        return self.once.create(Project(provenance=self.number, **row), ("name",), twin=twin)

    def _placeholders(self, name: str, number: int, remark: str) -> Iterator[Section]:
        project = self.projects[name]
        for place in range(1, number + 1) if project else ():
            section = Section(project=project, code=f"占位{place}", is_placeholder=True, remark=remark)
            twin = Section.objects.filter(project=project, code=section.code).first()
            if made := self.once.create(section, ("project", "code"), twin=twin):
                yield made

    def _candidacies(self, entry: dict, code: str) -> None:
        scheme = Scheme.objects.filter(code=code).first()
        if scheme is None:
            raise BadData(f"名单“{entry['list']}”所用的申报方案不存在：{code}")
        for written in entry["projects"]:
            name = self.names[name_key(written)]
            project = self.projects[name]
            if project is None:
                continue
            places = self.sections.get(name, []) if scheme.unit == "section" else [None]
            for section in places:
                self._candidacy(entry, scheme, project, section)

    def _candidacy(self, entry: dict, scheme: Scheme, project: Project, section: Section | None) -> None:
        key = {"scheme": scheme, "year": entry["year"], "stage": entry["stage"]}
        candidacy = Candidacy(
            **key, project=project, section=section, provenance=f"{self.number} {entry['list']}名单"
        )
        twin = Candidacy.objects.filter(**key, project=project, section=section, achievement="").first()
        self.once.create(candidacy, ("scheme", "year", "stage", "project", "section"), twin=twin)
