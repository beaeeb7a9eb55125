"""专项整治: a campaign's scope, phases, its two lists, reports owed, problems looked at again, figures.

Nothing that a ledger knows is entered here: the list of problems is what the ledgers of dangers and defects hold
for the campaign's days and scope, so that campaigns running at once share every fact. A person may leave one
out of a campaign, or take one in, with a reason.
"""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone

from supervision.flows.models import FlowRecord
from supervision.people.models import District, Organization, Sector
from supervision.people.records import Record
from supervision.people.scope import NOTHING, Reach, unit_scope

from .. import facts


def names_field(label: str, help_text: str) -> models.JSONField:
    return models.JSONField(label, default=list, blank=True, help_text=help_text)


def sources() -> list[tuple[str, str]]:
    from ..campaigns.problems import choices

    return choices()


class Campaign(FlowRecord):
    """One campaign. Each list of the scope narrows; an empty one does not."""

    scope_public = True
    natural = ("title",)
    few = True

    title = models.CharField("名称", max_length=120, unique=True)
    number = models.CharField("文号", max_length=60, blank=True)
    source = models.CharField("依据", max_length=200, blank=True)
    since = models.DateField("开始日期")
    until = models.DateField("结束日期")
    goal = models.TextField("目标与要求", max_length=3000, blank=True)
    sectors = names_field("领域", "如 公路、水运；不填为各领域")
    districts = names_field("县区", "不填为全市")
    units = names_field("单位", "不填为各单位")
    projects = names_field("项目", "登记的项目名称；不填为各项目")
    evaluation = models.JSONField("评估数据", default=dict, blank=True, editable=False)
    conclusion = models.TextField("评估结论", max_length=5000, blank=True)
    evaluated_on = models.DateField("评估日期", null=True, blank=True, editable=False)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-since", "-pk"]
        verbose_name = "专项整治"

    def __str__(self) -> str:
        return self.title

    def attachment_kinds(self) -> list[str]:
        return ["实施方案", "评估报告", "其他"]

    @property
    def phase_now(self) -> str:
        """The phase of today, by its name."""
        today = timezone.localdate()
        return next((one.name for one in self.campaignphases.all() if one.first <= today <= one.last), "")

    def clean(self) -> None:
        errors: dict[str, str] = {}
        if self.since and self.until and self.until < self.since:
            errors["until"] = "结束日期早于开始日期。"
        for name in ("sectors", "districts", "units", "projects"):
            if not isinstance(getattr(self, name), list):
                errors[name] = "应为一组名称。"
                setattr(self, name, [])
            setattr(self, name, [str(word) for word in getattr(self, name)])
        self._known(errors, "sectors", Sector.labels)
        if self.districts:
            self._known(errors, "districts", District.objects.values_list("name", flat=True))
        if self.units:
            found = Organization.objects.filter(name__in=self.units).values_list("name", flat=True)
            self._known(errors, "units", found)
        if self.projects:
            from ..naming import projects

            provider = projects()
            named = provider.named(self.projects) if provider else {}
            self._known(errors, "projects", named)
            self.projects = [named.get(name, name) for name in self.projects]
        if errors:
            raise ValidationError(errors)

    def _known(self, errors: dict, name: str, known) -> None:
        if unknown := [word for word in getattr(self, name) if word not in set(known)]:
            errors.setdefault(name, f"没有登记的名称：{'、'.join(unknown[:5])}。")


class OfCampaign(models.Model):
    """Mixed into what hangs on a campaign."""

    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="%(class)ss", verbose_name="专项整治")

    class Meta:
        abstract = True


class CampaignPhase(OfCampaign, Record):
    """动员部署, 排查整治, …: what is done from when to when."""

    scope_through = "campaign"
    text_joins = ("campaign",)

    name = models.CharField("阶段", max_length=40)
    first = models.DateField("自")
    last = models.DateField("至")
    work = models.TextField("工作内容", max_length=2000, blank=True)

    class Meta:
        ordering = ["campaign", "first", "pk"]
        verbose_name = "专项整治阶段"
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "name"],
                name="plan_campaign_phase_once",
                violation_error_message="该专项整治已有此阶段。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.campaign} {self.name}"

    def clean(self) -> None:
        errors = {}
        if self.first and self.last and self.last < self.first:
            errors["last"] = "结束日期早于开始日期。"
        if self.campaign_id and self.first and self.last and "last" not in errors:
            if self.first < self.campaign.since:
                errors["first"] = f"早于专项整治开始日期{self.campaign.since}。"
            if self.last > self.campaign.until:
                errors["last"] = f"晚于专项整治结束日期{self.campaign.until}。"
            others = CampaignPhase._base_manager.filter(campaign=self.campaign_id).exclude(pk=self.pk)
            if other := others.filter(first__lte=self.last, last__gte=self.first).first():
                errors.setdefault("first", f"与阶段“{other.name}”的日期重叠。")
        if errors:
            raise ValidationError(errors)


class OwedInCampaign(OfCampaign, FlowRecord):
    """Something that a unit is to have done by a day in a campaign."""

    text_joins = ("campaign", "organization")

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+", verbose_name="责任单位")
    due_by = models.DateField("期限")
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        abstract = True

    @classmethod
    def scope_q(cls, reach: Reach) -> Q:
        return unit_scope(reach, "organization")

    def before_create(self, actor) -> None:
        # What is open shows its deadline on the workbench and in the morning's digest.
        self.due_on = self.due_by


class CampaignMeasure(OwedInCampaign):
    """制度措施清单: a rule or measure to be made."""

    title = models.CharField("制度措施", max_length=200)
    done_on = models.DateField("完成日期", null=True, blank=True)
    paper = models.CharField("成果文件", max_length=200, blank=True, help_text="名称与文号")

    class Meta:
        ordering = ["due_by", "pk"]
        verbose_name = "制度措施"

    def __str__(self) -> str:
        return self.title

    def attachment_kinds(self) -> list[str]:
        return ["制度措施文件"]

    def clean(self) -> None:
        if self.done_on and self.done_on > timezone.localdate():
            raise ValidationError({"done_on": "完成日期不能晚于今天。"})


class CampaignReport(OwedInCampaign):
    """A report owed: monthly, yearly summary, evaluation at the end."""

    kind = models.CharField("报送材料", max_length=80)
    handed_on = models.DateField("报送日期", null=True, blank=True, editable=False)
    words = models.TextField("报送内容摘要", max_length=2000, blank=True)

    class Meta:
        ordering = ["due_by", "pk"]
        verbose_name = "专项整治报送"
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "organization", "kind", "due_by"],
                name="plan_campaign_report_once",
                violation_error_message="该单位同一期限已有此项报送。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.organization} {self.kind}"

    def attachment_kinds(self) -> list[str]:
        return ["报送材料"]


class OfTheCity:
    """Rows about records of other ledgers tell that a record is there: for readers of the whole city."""

    @classmethod
    def scope_q(cls, reach: Reach) -> Q:
        return Q() if reach.everything else NOTHING


class CampaignChoice(OfTheCity, OfCampaign, Record):
    """A problem taken into a campaign, or left out of it, by a person."""

    text_joins = ("campaign",)

    ledger = models.CharField("来源台账", max_length=60, choices=sources)
    record_key = models.PositiveBigIntegerField("记录编号")
    include = models.BooleanField("列入", default=False, help_text="勾选为列入，不勾选为剔除")
    reason = models.CharField("理由", max_length=300)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "问题列入与剔除"
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "ledger", "record_key"],
                name="plan_campaign_choice_once",
                violation_error_message="该问题在本专项中已作过列入或剔除，请修改原来的一条。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.campaign} {'列入' if self.include else '剔除'} {self.record_key}"

    def clean(self) -> None:
        from ..campaigns.problems import there

        if self.ledger and self.record_key and not there(self.ledger, self.record_key):
            raise ValidationError({"record_key": "该台账没有这条记录。"})


class LookResult(models.TextChoices):
    HELD = "held", "未反弹"
    BACK = "back", "问题反弹"


class LookBack(OfTheCity, OfCampaign, FlowRecord):
    """回头看: a closed problem looked at again on site."""

    text_joins = ("campaign",)

    ledger = models.CharField("来源台账", max_length=60, choices=sources)
    record_key = models.PositiveBigIntegerField("记录编号")
    drawn = models.BooleanField("抽取", default=False, editable=False)
    lot = models.CharField("抽取依据", max_length=200, blank=True, editable=False)
    looked_on = models.DateField("回访日期", null=True, blank=True)
    lookers = models.CharField("回访人员", max_length=120, blank=True)
    result = models.CharField("回访结果", max_length=10, choices=LookResult.choices, blank=True)
    words = models.TextField("回访情况", max_length=2000, blank=True)
    new_key = models.PositiveBigIntegerField("新立问题编号", null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "回头看"
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "ledger", "record_key"],
                name="plan_look_back_once",
                violation_error_message="该问题在本专项中已列入回头看。",
            )
        ]

    def __str__(self) -> str:
        label = dict(sources()).get(self.ledger, self.ledger)
        return f"{self.campaign} {label}{self.record_key}"

    def attachment_kinds(self) -> list[str]:
        return ["现场照片", "其他"]

    def clean(self) -> None:
        from ..campaigns.problems import closed, there

        errors = {}
        if self._state.adding and self.ledger and self.record_key:
            if not there(self.ledger, self.record_key):
                errors["record_key"] = "该台账没有这条记录。"
            elif not closed(self.ledger, self.record_key):
                errors["record_key"] = "该问题还没有销号，不作回头看。"
        if self.looked_on and self.looked_on > timezone.localdate():
            errors["looked_on"] = "回访日期不能晚于今天。"
        if errors:
            raise ValidationError(errors)


class CampaignFigure(OfCampaign, Record):
    """A figure of the campaign: a registered fact over its days and scope, with what is hoped for in words."""

    scope_through = "campaign"
    text_joins = ("campaign",)

    fact = models.CharField("事实", max_length=60, choices=facts.choices)
    target = models.CharField("目标", max_length=60, blank=True, help_text="如 同比减少、0")
    order = models.PositiveSmallIntegerField("排序", default=0)

    class Meta:
        ordering = ["campaign", "order", "pk"]
        verbose_name = "专项整治指标"
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "fact"],
                name="plan_campaign_figure_once",
                violation_error_message="该专项整治已有此项指标。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.campaign} {self.label}"

    @property
    def label(self) -> str:
        known = facts.find(self.fact)
        return known.label if known else self.fact
