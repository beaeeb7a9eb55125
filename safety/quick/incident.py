"""From a phone on site: an incident's first report in under a minute, and a near miss in three facts."""

from __future__ import annotations

from dataclasses import dataclass

from django import forms
from django.db import IntegrityError, transaction
from django.utils import timezone

from supervision.flows import records
from supervision.flows.history import Actor
from supervision.ledgers.fields import LooseMomentField
from supervision.ledgers.ledger import Ledger
from supervision.people.models import User

from ..models import Incident, NearMiss
from ..models.incident import AccidentKind
from .page import Quick, SiteForm, attach, file_once, valid

PHOTOS = "现场照片"


@dataclass(frozen=True)
class Nameless(Actor):
    """Somebody whose name is not kept."""

    @property
    def name(self) -> str:
        return "匿名"


class IncidentForm(SiteForm):
    def ask(self) -> None:
        self.fields["place"] = forms.CharField(label="在哪里", max_length=200, help_text="桩号、构造物或场所")
        self.fields["accident"] = forms.ChoiceField(
            label="事故类型", choices=[("", "---------"), *AccidentKind.choices]
        )
        # Neither is filled in beforehand: what is once reported stands.
        self.fields["happened_at"] = LooseMomentField(label="发生时间")
        self.fields["known_at"] = LooseMomentField(label="单位获知时间", help_text="报告时限由此起算")
        self.fields["called_at"] = LooseMomentField(
            label="已用电话或微信报告的时间", required=False, help_text="还没有报告的不填"
        )
        for name, label in (
            ("deaths", "死亡（人）"),
            ("missing", "下落不明（人）"),
            ("serious_injuries", "重伤（人）"),
        ):
            self.fields[name] = forms.IntegerField(label=label, min_value=0, initial=0, max_value=9999)
        self.fields["summary"] = forms.CharField(
            label="简要经过和已采取的措施", max_length=3000, widget=forms.Textarea(attrs={"rows": 3})
        )


class NearMissForm(SiteForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["once"].required = True

    def ask(self) -> None:
        self.fields["part"] = forms.CharField(label="在哪里", max_length=120, help_text="桩号、构造物或场所")
        self.fields["description"] = forms.CharField(
            label="发生了什么", max_length=3000, widget=forms.Textarea(attrs={"rows": 4})
        )
        self.fields["anonymous"] = forms.BooleanField(
            label="匿名填报", required=False, help_text="勾选后平台不记录填报人的姓名、账号和单位"
        )


def take_incident(form: SiteForm, user: User, ledger: Ledger) -> Incident:
    left = ("photos", "once", *form.places)
    facts = {name: value for name, value in form.cleaned_data.items() if name not in left}
    body = facts | form.place() | {"minor_injuries": 0, "direct_loss": "0"}
    return file_once(ledger, user, body, form, PHOTOS)


def take_near_miss(form: SiteForm, user: User, ledger: Ledger) -> NearMiss:
    """File the near miss. Of one filed without a name nothing kept leads back to the person: neither its history
    nor the key that tells a second sending."""
    data = form.cleaned_data
    if made := NearMiss.objects.visible_to(user).filter(token=data["once"]).first():
        return made
    actor = Nameless(None, "page") if data["anonymous"] else Actor.of(user, "page")
    body = form.place() | {
        "part": data["part"],
        "description": data["description"],
        "happened_on": timezone.localdate().isoformat(),
    }
    record = valid(ledger, user, body).instance
    record.anonymous, record.token = data["anonymous"], data["once"]
    try:
        with transaction.atomic():
            record = records.create(record, actor)
            ledger.check_reach([record], user)
    except IntegrityError:
        return NearMiss.objects.get(token=data["once"])  # the other of two identical requests won
    attach(record, data["photos"], PHOTOS, actor)
    return record


quick_incident = Quick("incidents", IncidentForm, "事故快报", "提交", "首报已提交", take_incident)
quick_near_miss = Quick("near-misses", NearMissForm, "随手报险情", "提交", "已填报", take_near_miss)
