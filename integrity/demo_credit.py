"""The demonstration's credit: last year evaluated, an open appeal, proposals. All invented and marked."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from django.core.files.base import ContentFile
from django.utils import timezone

from projects.loading.demo.sheet import demo_pdf
from supervision.flows import records
from supervision.flows.history import Actor
from supervision.flows.models import Event
from supervision.flows.perform import perform
from supervision.papers.services import attach
from supervision.people.models import Membership, Organization, User

from .credit import evaluating, proposals
from .credit.rules import Family
from .models import (
    CreditAppeal,
    CreditEvaluation,
    CreditRecord,
    CreditSubject,
    CreditUnit,
    ExternalGrade,
    InspectionAdvice,
)

LABEL = "信用"
BATCH = "load_demo_credit"
FAMILY_OF = {
    "contractor": Family.HIGHWAY,
    "supervisor": Family.SUPERVISOR,
    "laboratory": Family.LABORATORY,
}
OVER = "演示：期限已满"


def actor(username: str) -> Actor:
    return Actor.of(User.objects.get(username=username, is_demo=True), "command").in_batch(BATCH)


def load() -> int:
    """Load last year's evaluation of the demonstration's units; returns how many records stand for or against them.
    Run again it adds nothing. Raises LookupError when the demonstration is not there."""
    if Event.objects.filter(batch=BATCH).exists():
        return 0
    users = {
        name: User.objects.filter(username=name, is_demo=True).first() for name in ("contractor", "staff")
    }
    if None in users.values():
        raise LookupError("没有演示用户，请先运行 load_demo。")
    return Demo(users["contractor"].organization).run()


class Demo:
    def __init__(self, contractor: Organization):
        self.today = timezone.localdate()
        self.year = self.today.year - 1
        self.staff, self.made = actor("staff"), 0
        self.contractor = contractor
        self.subjects: dict[int, CreditSubject] = {}

    def run(self) -> int:
        offices = Organization.objects.filter(is_demo=True, is_active=True, kind__in=FAMILY_OF)
        for office in offices.order_by("pk"):
            facts = {"organization": office, "family": FAMILY_OF[office.kind], "is_demo": True}
            self.subjects[office.pk] = records.create(CreditSubject(**facts), self.staff)
        laboratory = offices.filter(kind="laboratory").first()
        if laboratory:
            person = CreditSubject(
                kind="person",
                organization=laboratory,
                family=Family.TESTER,
                name="演示·检测师甲",
                post="试验检测师",
                certificate="演示JC0001",
                is_demo=True,
            )
            records.create(person, self.staff)
        mine = self.subjects[self.contractor.pk]
        bid = self._unit(mine, "bid", "演示·干线公路改扩建施工投标")
        section = self._unit(mine, "performance", "演示·上年度合同段", price=Decimal(8600))
        self._held(
            mine,
            "公路施工 GLSG1-12 放弃投标未提前书面告知",
            "放弃投标未在规定时间内书面告知招标人。",
            unit=bid,
        )
        manager = self._held(
            mine,
            "公路施工 GLSG2-2-3 技术负责人未到位或降资格或擅自更换",
            "检查时技术负责人不在岗，未按规定办理更换手续。",
            unit=section,
            severity="serious",
        )
        self._held(mine, "良好信息 LH-4 参加抢险救灾受到肯定", "汛期参加公路水毁抢修，受到通报肯定。")
        for subject in self.subjects.values():
            if subject.pk != mine.pk:
                self._unit(
                    subject, "performance", f"演示·{subject.title[:40]}上年度合同段", price=Decimal(3200)
                )
        for family in FAMILY_OF.values():
            evaluating.open_year(family, self.year, self.staff)
        self._publish(mine)
        for subject in self.subjects.values():
            if subject.family == Family.SUPERVISOR:
                self._publish(subject)
        unit = actor("contractor")
        appeal = CreditAppeal(
            record=CreditRecord.objects.get(pk=manager.pk),
            grounds="技术负责人当日请假，已按合同办理审批。",
            is_demo=True,
        )
        perform(records.create(appeal, unit), "file", unit)
        external = ExternalGrade(
            uscc=self.contractor.uscc,
            family=Family.HIGHWAY,
            year=self.year,
            scope="province",
            authority="演示·外省交通运输厅",
            grade="A",
            source="演示文件",
            is_demo=True,
        )
        records.create(external, self.staff)
        records.create(InspectionAdvice(subject=mine, year=self.today.year, is_demo=True), self.staff)
        proposals.run(Actor.of(None, "command").in_batch(BATCH))
        return self.made

    def _unit(self, subject: CreditSubject, kind: str, name: str, **facts) -> CreditUnit:
        made = CreditUnit(
            subject=subject,
            family=subject.family,
            year=self.year,
            kind=kind,
            name=name,
            evaluator="演示建设单位",
            is_demo=True,
            **facts,
        )
        return records.create(made, self.staff)

    def _held(self, subject: CreditSubject, item: str, description: str, **facts) -> CreditRecord:
        """One record through all its steps, recorded and confirmed by two."""
        record = CreditRecord(
            subject=subject,
            item=item,
            description=description,
            paper=f"演示文书〔{self.year}〕{self.made + 1}号",
            decided_on=date(self.year, 9, 16),
            is_demo=True,
            **facts,
        )
        record = records.create(record, self.staff)
        attach(record, ContentFile(demo_pdf("认定文书（演示）"), name="认定文书.pdf"), "认定文书", self.staff)
        record = perform(record, "submit", self.staff)
        record = perform(record, "confirm", self._second())
        record = self._later(record, notice_until=self.today - timedelta(days=1))
        self.made += 1
        return perform(record, "settle", self.staff)

    def _second(self) -> Actor:
        """A colleague of the bureau who confirms what the first one recorded."""
        found = User.objects.filter(username="demo-credit", is_demo=True).first()
        if found is None:
            found = User(
                username="demo-credit", name="演示·信用复核", must_change_password=False, is_demo=True
            )
            found.password_changed_at = timezone.now()
            found.set_unusable_password()
            records.create(found, self.staff)
            office = self.staff.user.organization
            made = Membership(user=found, organization=office, role="bureau_staff", since=date(2024, 1, 1))
            records.create(made, self.staff)
        return Actor.of(User.objects.get(pk=found.pk), "command").in_batch(BATCH)

    def _later(self, record, **values):
        return records.update(record, values, self.staff, label=OVER, reason=OVER, clean=False)

    def _publish(self, subject: CreditSubject) -> None:
        past = self.today - timedelta(days=1)
        one = CreditEvaluation.objects.get(subject=subject, year=self.year)
        one = perform(one, "send", self.staff)
        one = perform(self._later(one, objection_until=past), "answer", self.staff)
        one = perform(one, "notice", self.staff)
        perform(self._later(one, notice_until=past), "publish", self.staff)
