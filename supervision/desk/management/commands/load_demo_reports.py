"""`manage.py load_demo_reports`: last year's report of the demonstration, after everything that it counts."""

from datetime import date

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from supervision.flows import perform, records
from supervision.flows.history import Actor
from supervision.people.models import User
from supervision.plan.models import Report, ReportTemplate
from supervision.plan.reports import services, shipped

TITLE = "工程质量监督年度报告"
TEXTS = {
    "存在的问题": (
        "（演示）部分项目首件工程制度落实不平衡，个别参建单位隐患整改不够及时，年末未销号隐患{{danger.open|处}}。"
    ),
    "下一步工作措施": (
        "（演示）加大监督检查力度，对挂牌督办事项逐项跟踪。\n（演示）推广微创新成果，扩大品质工程创建面。"
    ),
}


class Command(BaseCommand):
    help = "在演示数据上生成上一年度的演示报告（有标记）；可重复运行。须先运行 load_demo。"

    def handle(self, *, verbosity=1, **options):
        people = {user.username: user for user in User.objects.filter(username__in=("staff", "leader"))}
        if len(people) < 2:
            raise CommandError("没有演示账号，请先运行 load_demo。")
        shipped.load(Actor.of(None, "command"))
        staff, leader = (Actor.of(people[name], "command") for name in ("staff", "leader"))
        made = 0
        if not Report.objects.filter(is_demo=True).exists():
            with transaction.atomic():
                self.report(staff, leader)
            made = 1
        if verbosity:
            self.stdout.write(f"演示报告{'已生成并签发。' if made else '已在库中，未改动。'}")

    def report(self, staff: Actor, leader: Actor) -> None:
        template = ReportTemplate.objects.filter(title=TITLE, is_active=True).order_by("-number").first()
        first = date(timezone.localdate().year - 1, 1, 1)
        report = Report(template=template, first=first, title=f"{first.year}年{TITLE}（演示）", is_demo=True)
        report = records.create(report, staff)
        report = services.write_texts(report, TEXTS, staff)
        report = services.make(report, staff)
        report = perform.perform(report, "check", staff)
        perform.perform(report, "issue", leader)
