"""`manage.py load_demo_reports`: last year's report of the demonstration and this year's so far, after everything
that they count."""

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

# This year's, so far: a draft, since what a year comes to is checked when it is over.
SO_FAR = "“三个工程”年度工作总结"
TEXTS_SO_FAR = {
    "平安工程工作综述": "（演示）全面推行隐患清单化闭环管理，重大隐患逐项挂牌督办。",
    "精品工程工作综述": "（演示）首件工程制度在重点项目落地，微创新成果在同类项目推广。",
    "廉洁工程工作综述": "（演示）招标、分包、工资支付监管关口前移，三服务解决企业实际问题。",
    "任务落实情况": "（演示）各承办单位按季报送进展，滞后任务已发督办单。",
    "存在的问题": "（演示）部分单位节点滞后，个别隐患整改超期。",
    "下年度工作打算": "（演示）继续压实责任，补齐薄弱环节。",
}


class Command(BaseCommand):
    help = "在演示数据上生成上一年度和本年度至今的演示报告（有标记）；可重复运行。须先运行 load_demo。"

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
                self.so_far(staff)
            made = 2
        if verbosity:
            self.stdout.write(f"演示报告{'已生成。' if made else '已在库中，未改动。'}")

    def report(self, staff: Actor, leader: Actor) -> None:
        template = ReportTemplate.objects.filter(title=TITLE, is_active=True).order_by("-number").first()
        first = date(timezone.localdate().year - 1, 1, 1)
        report = Report(template=template, first=first, title=f"{first.year}年{TITLE}（演示）", is_demo=True)
        report = records.create(report, staff)
        report = services.write_texts(report, TEXTS, staff)
        report = services.make(report, staff)
        report = perform.perform(report, "check", staff)
        perform.perform(report, "issue", leader)

    def so_far(self, staff: Actor) -> None:
        """The year in hand as of today: as a draft with the figures that the ledgers have by now."""
        template = ReportTemplate.objects.filter(title=SO_FAR, is_active=True).order_by("-number").first()
        today = timezone.localdate()
        title = f"{today.year}年{SO_FAR}（演示）"
        report = Report(template=template, first=date(today.year, 1, 1), title=title, is_demo=True)
        report = records.create(report, staff)
        report = services.write_texts(report, TEXTS_SO_FAR, staff)
        services.make(report, staff)
