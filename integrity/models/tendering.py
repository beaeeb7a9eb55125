"""Tenders (招标投标) of a section, who bids, and who evaluates."""

from __future__ import annotations

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from projects.models import Numbered
from supervision.flows.models import FlowRecord
from supervision.people.records import Record
from supervision.rules.models import RuleSet
from supervision.rules.names import name_key
from supervision.rules.shipped import rule
from supervision.rules.uscc import validate_uscc

from ..tendering.clocks import CLOCKS, deviations, publicity_until
from ..tendering.committees import COMMITTEE, composition
from .commissioned import Commissioned, in_order, not_ahead, raise_if, rules_on, yuan
from .expert import IN_FORCE, TenderExpert

DRAFT, ISSUED, OPENED, EVALUATED, PUBLICISED, AWARDED, FAILED = (
    "draft", "issued", "opened", "evaluated", "publicised", "awarded", "failed",
)  # fmt: skip
SEATED, RECUSED, REMOVED = "seated", "recused", "removed"
DAYS = ("issued_on", "opened_on", "evaluated_on", "publicised_on", "awarded_on")


class TenderMethod(models.TextChoices):
    PUBLIC = "public", "公开招标"
    INVITED = "invited", "邀请招标"


class Tender(Numbered, Commissioned, FlowRecord):
    """One tender as it was held elsewhere: its days, who held it, and how it ended."""

    number_prefix = "ZB"

    title = models.CharField("招标项目", max_length=120)
    method = models.CharField(
        "招标方式", max_length=8, choices=TenderMethod.choices, default=TenderMethod.PUBLIC
    )
    agent = models.CharField("招标代理机构", max_length=120, blank=True, help_text="自行招标的不填")
    agent_uscc = models.CharField(
        "代理机构统一社会信用代码", max_length=18, blank=True, validators=[validate_uscc]
    )
    agent_leader = models.CharField("代理项目负责人", max_length=40, blank=True)
    ceiling = yuan("最高投标限价（元）", null=True, blank=True, validators=[MinValueValidator(Decimal(0))])
    prequalification_by = models.DateField("资格预审申请截止日期", null=True, blank=True)
    issued_on = models.DateField("招标文件发出日期", null=True, blank=True)
    bid_by = models.DateField("投标截止日期", null=True, blank=True)
    opened_on = models.DateField("开标日期", null=True, blank=True)
    evaluated_on = models.DateField("收到评标报告日期", null=True, blank=True)
    publicised_on = models.DateField("公示起始日期", null=True, blank=True)
    publicity_days = models.PositiveSmallIntegerField(
        "公示天数", default=3, validators=[MinValueValidator(1), MaxValueValidator(90)]
    )
    publicity_until = models.DateField("公示截止日期", null=True, editable=False)
    awarded_on = models.DateField("定标日期", null=True, blank=True)
    winner = models.CharField("中标人", max_length=120, blank=True)
    price = yuan("中标价（元）", null=True, blank=True, validators=[MinValueValidator(Decimal(0))])
    rules = models.ForeignKey(
        RuleSet, models.PROTECT, null=True, editable=False, related_name="+", verbose_name="时限依据"
    )

    class Meta:
        ordering = ["-pk"]
        verbose_name = "招标项目"
        indexes = [models.Index(fields=["status", "publicity_until"], name="integrity_tender_open")]

    def __str__(self) -> str:
        return f"{self.number or ''} {self.title}".strip()

    def attachment_kinds(self) -> list[str]:
        return ["招标文件", "评标报告", "公示截图", "中标通知书", "其他"]

    @property
    def gaps(self) -> list[str]:
        """Where its days depart from the rules; for people to ask about, nothing follows by itself."""
        names = ("evaluated_on", "publicised_on", "publicity_days", "publicity_until", "awarded_on")
        content = self.rules.content if self.rules_id else rule(CLOCKS).content
        return deviations({name: getattr(self, name) for name in names}, content)

    def clean(self) -> None:
        errors: dict[str, str] = {}
        not_ahead(self, errors, *DAYS)
        in_order(self, errors, *DAYS)
        if self.bid_by and self.issued_on and self.bid_by < self.issued_on:
            errors["bid_by"] = f"投标截止日期早于招标文件发出日期（{self.issued_on}）。"
        raise_if(errors)

    def before_create(self, actor) -> None:
        self.work_out()

    def before_update(self, before: dict) -> None:
        self.work_out()

    def work_out(self) -> None:
        self.rules = self.rules or rules_on(CLOCKS, self.issued_on)
        shown = self.publicised_on
        self.publicity_until = publicity_until(shown, self.publicity_days) if shown else None


class TenderBid(Record):
    """What one bidder handed in, with the facts that the statutory signs of collusion ask about."""

    scope_through = "tender"
    text_joins = ("tender__section__project",)

    tender = models.ForeignKey(Tender, models.PROTECT, related_name="bids", verbose_name="招标项目")
    bidder = models.CharField("投标人", max_length=120, help_text="联合体的填写牵头人")
    uscc = models.CharField("统一社会信用代码", max_length=18, blank=True, validators=[validate_uscc])
    price = yuan("投标报价（元）", null=True, blank=True, validators=[MinValueValidator(Decimal(0))])
    rank = models.PositiveSmallIntegerField(
        "中标候选人排名", null=True, blank=True, validators=[MinValueValidator(1)]
    )
    prepared_by = models.CharField(
        "投标文件编制单位或个人", max_length=120, blank=True, help_text="含文件属性、机器特征码所指"
    )
    handled_by = models.CharField("投标事宜经办单位或个人", max_length=120, blank=True)
    managers = models.JSONField("项目管理成员", default=list, blank=True, help_text="顿号分隔，不填身份证号")
    alike = models.CharField("与其他投标文件异常一致之处", max_length=300, blank=True)
    mixed_with = models.CharField("与其他投标文件混装情况", max_length=300, blank=True)
    deposit_from = models.CharField(
        "投标保证金转出账户名", max_length=120, blank=True, help_text="填户名，不填账号"
    )
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["tender_id", "rank", "pk"]
        verbose_name = "投标人"
        constraints = [
            models.UniqueConstraint(
                fields=["tender", "bidder"],
                name="integrity_bid_once",
                violation_error_message="该投标人已登记。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.bidder}（{self.tender}）"

    def clean(self) -> None:
        errors: dict[str, str] = {}
        managers = self.managers
        if not isinstance(managers, list) or not all(isinstance(one, (str, int)) for one in managers):
            errors["managers"] = "项目管理成员应为姓名的列表。"
        raise_if(errors)

    def after_write(self, changes: dict, actor) -> None:
        from ..tendering import asking

        asking.follow(self.tender, actor)


class Capacity(models.TextChoices):
    EXPERT = "expert", "评标专家"
    OWNER = "owner", "招标人代表"


class CommitteeMember(FlowRecord):
    """One seat of an evaluation committee. The names are kept from bidders: only owner and authorities see them."""

    scope_through = "tender"
    text_joins = ("tender__section__project", "expert")

    tender = models.ForeignKey(Tender, models.PROTECT, related_name="members", verbose_name="招标项目")
    capacity = models.CharField("身份", max_length=8, choices=Capacity.choices, default=Capacity.EXPERT)
    expert = models.ForeignKey(
        TenderExpert,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="seats",
        verbose_name="专家",
        help_text="招标人代表不填",
    )
    name = models.CharField("招标人代表姓名", max_length=40, blank=True, help_text="专家不填")
    drawn_on = models.DateField("抽取（确定）日期", default=timezone.localdate)
    attended = models.BooleanField("到场评标", default=True)
    of_authority = models.BooleanField(
        "系本项目行政监督部门人员", default=False, help_text="行政监督部门人员不得担任本部门监督项目的评委"
    )
    reason = models.CharField("回避或更换事由", max_length=300, blank=True, editable=False)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["tender_id", "capacity", "pk"]
        verbose_name = "评标委员会成员"
        constraints = [
            models.UniqueConstraint(
                fields=["tender", "expert"],
                condition=models.Q(expert__isnull=False),
                name="integrity_seat_once",
                violation_error_message="该专家已在本项目评标委员会中。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.who} {self.tender}"

    @property
    def who(self) -> str:
        return self.expert.name if self.expert_id else self.name

    def clean(self) -> None:
        errors: dict[str, str] = {}
        not_ahead(self, errors, "drawn_on")
        if self.capacity == Capacity.EXPERT:
            if not self.expert_id:
                errors["expert"] = "请选择专家。"
            elif self._state.adding and self.expert.status != IN_FORCE:
                errors["expert"] = f"该专家“{self.expert.status_label}”，不能参加评标。"
        else:
            if self.expert_id:
                errors["expert"] = "招标人代表不选专家。"
            if not self.name.strip():
                errors["name"] = "请填写招标人代表姓名。"
        if self.of_authority:
            errors["of_authority"] = "行政监督部门人员不得担任本部门监督项目的评标委员会成员（条例第46条）。"
        raise_if(errors)

    def settled(self) -> list[str]:
        """Why the committee is no longer changed: its report is there."""
        if self.tender.status in (DRAFT, ISSUED, OPENED):
            return []
        return [f"该项目“{self.tender.status_label}”，评标委员会不再变动。"]

    def before_create(self, actor) -> None:
        if self.tender_id and (said := self.settled()):
            raise ValidationError({"tender": said})

    def before_update(self, before: dict) -> None:
        if said := self.settled():
            raise ValidationError(said)


def committee_problems(tender: Tender) -> list[str]:
    """What is wrong with the committee as it sits now: how it is made up, and who should have stepped aside."""
    seats = CommitteeMember.objects.filter(tender=tender, status=SEATED, attended=True).select_related(
        "expert"
    )
    members = list(seats)
    experts = [seat.expert for seat in members if seat.capacity == Capacity.EXPERT]
    found = composition(len(members), len(experts), rule(COMMITTEE).content)
    bidders = {name_key(name) for name in tender.bids.values_list("bidder", flat=True)}
    own = [expert.name for expert in experts if name_key(expert.unit) in bidders]
    return [*found, *(f"{name}的工作单位是投标人，应当回避。" for name in own)]
