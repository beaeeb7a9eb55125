"""Standards and sheets for tests: a small version to count by hand, and people to pass a sheet along."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import count

from django.utils import timezone

from projects.assessments.marking import Given, save_marks
from projects.assessments.sheet import Sheet
from projects.models import Assessment, AssessmentMark, Section, Standard, StandardVersion
from projects.standards.shipped import adopt
from projects.standards.spec import Band, Fact, Formula, Item, Rounding, Spec, Table, Veto
from projects.standards.store import save_draft
from supervision.flows import records
from supervision.flows.history import Actor
from supervision.flows.perform import perform
from supervision.people.models import User
from tests import factories
from tests.factories import COMMAND

D = Decimal
_numbers = count(1)
ALL = ("table", "part", "unit", "project", "annual")


def item(table: str, no: str, full: str | None = "10", **facts) -> Item:
    return Item(table=table, no=no, title=f"条目{table}{no}", full=None if full is None else D(full), **facts)


def table(code: str, subject: str, fulls: list[str] | None = None, **facts) -> Table:
    """A table of items 1, 2, … with these full marks; a check list of three without."""
    items = facts.pop("items", None) or tuple(
        item(code, str(at), full) for at, full in enumerate(fulls or [None] * 3, 1)
    )
    kind = "checklist" if items[0].full is None else "scored"
    return Table(code=code, title=f"{code}考核表", subject=subject, kind=kind, items=items, **facts)


def spec(label: str = "试行", **facts) -> Spec:
    """Two contractor tables at 0.5 each (a 100 marks, b 100 marks), one of the supervisor, one of the owner; project
    = 0.2 owner + 0.2 mean of supervisors + 0.6 contractors by price; 70 passes, 90 is excellent."""
    plain = {
        "standard": "X",
        "label": label,
        "pass_line": D(70),
        "excellent_line": D(90),
        "tables": (
            table("A", "contractor", ["40", "30", "30"], part="basic"),
            table("B", "contractor", ["50", "50"], part="site"),
            table("S", "supervisor", ["60", "40"]),
            table("O", "owner", ["100"]),
            table("P", "project", ["100"]),
        ),
        "formulas": (
            Formula("basic", "基础管理", "part", "contractor", "rate(A)"),
            Formula("site", "施工现场", "part", "contractor", "rate(B)"),
            Formula("contractor_score", "合同段得分", "unit", "contractor", "0.5*basic + 0.5*site"),
            Formula("supervisor_score", "监理得分", "unit", "supervisor", "rate(S)"),
            Formula("owner_score", "建设单位得分", "unit", "owner", "rate(O)"),
            Formula("whole_score", "项目整体得分", "unit", "project", "rate(P)"),
            Formula(
                "project_score",
                "工程项目得分",
                "project",
                "project",
                "0.2*owner + 0.2*mean(supervisor) + 0.6*wmean(contractor, price)",
            ),
            Formula("annual_score", "年度得分", "annual", "project", "mean(assessments)"),
        ),
        "bands": (
            Band("passed", "合格", "pass_line", True),
            Band("failed", "不合格", "0", False),
        ),
        "vetoes": (Veto("major_danger", "查实重大事故隐患", ("contractor",)),),
        "rounding": Rounding(1, ALL),
    }
    return Spec(**(plain | facts))


def version(of: Spec | None = None, family: str = "safe_site", standard: Standard | None = None, **facts):
    """An adopted version, of a standard of its own unless one is given."""
    number = next(_numbers)
    if standard is None:
        standard = records.create(
            Standard(code=f"T{number}", title=f"测试标准{number}号", family=family), COMMAND
        )
    draft = save_draft(
        standard, of or spec(), {"effective_from": date(2020, 1, 1), "confidence": "D"} | facts, COMMAND
    )
    adopt(draft, COMMAND)
    return StandardVersion.objects.select_related("standard").get(pk=draft.pk)


class Crew:
    """A project with one section and everybody who has a say in its assessment."""

    def __init__(self, **facts):
        self.offices = {kind: factories.organization(kind) for kind in ("owner", "contractor", "supervisor")}
        self.project = factories.project(owner=self.offices["owner"], district=factories.district(), **facts)
        self.section = self.add_section("SG-1")
        self.people = {kind: factories.user(kind, office) for kind, office in self.offices.items()}
        self.people["bureau"] = factories.user("bureau_staff")
        self.people["inspector"] = factories.user("inspector", factories.organization("enforcement"))

    def add_section(self, code: str, **facts) -> Section:
        facts.setdefault("contract_price", D(100))
        made = factories.section(self.project, code=code, **facts)
        for role in ("contractor", "supervisor"):
            factories.participation(made, self.offices[role], role)
        return made

    def actor(self, who: str) -> Actor:
        return Actor.of(User.objects.get(pk=self.people[who].pk), "page")

    def sheet(self, of: StandardVersion, **facts) -> Assessment:
        facts = {
            "project": self.project,
            "section": self.section,
            "subject": "contractor",
            "course": "full",
            "period": "2026-Q2",
        } | facts
        made = records.create(Assessment(standard_version=of, **facts), COMMAND)
        return fresh(made)

    def mark(self, sheet: Assessment, who: str, **given) -> None:
        """Marks by item key with "/" written "_": A_1="5" takes off 5; reasons are given where they are needed."""
        save_marks(fresh(sheet), [as_given(key, value) for key, value in given.items()], self.actor(who))

    def act(self, sheet: Assessment, who: str, name: str, **data) -> Assessment:
        perform(fresh(sheet), name, self.actor(who), {"opinion": "办理"} | data)
        return fresh(sheet)


def as_given(key: str, value) -> Given:
    name = key.replace("_", "/")
    if value == "na":
        return Given(name, not_applicable=True, reason="没有这项工程")
    if value in (True, False):
        return Given(name, conforms=value, reason="" if value else "查无记录")
    return Given(name, deduction=value, reason="" if D(value) == 0 else "现场不符")


def fresh(sheet: Assessment) -> Assessment:
    return Assessment.objects.select_related(*Assessment.text_joins).get(pk=sheet.pk)


def fill(sheet: Assessment, *, off: bool) -> None:
    """Every item of every column answered, past the portal: nothing taken off, or everything."""
    rows = [
        AssessmentMark(
            assessment=sheet,
            item_id=one.pk,
            column=column,
            deduction=one.full if off else 0,
            marked_at=timezone.now(),
        )
        for one in Sheet(sheet).items.values()
        for column in ("self", "recheck", "owner", "bureau")
    ]
    AssessmentMark.objects.bulk_create(rows)


FULL = {"A_1": "0", "A_2": "0", "A_3": "0", "B_1": "0", "B_2": "0"}


__all__ = ["ALL", "FULL", "Crew", "Fact", "fresh", "item", "spec", "table", "version"]
