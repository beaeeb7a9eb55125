"""Machines and certificates: entry, expiry to the day, notices once each, what is used while expired."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError

from safety.models import DeviceCertificate, HiddenDanger, Machine, WorkerCertificate
from safety.site import expiry
from supervision.desk.models import Notice
from supervision.flows import records
from supervision.flows.history import SYSTEM
from supervision.flows.perform import waiting_for
from supervision.ledgers.filters import filterset_for
from supervision.ledgers.registry import get
from supervision.people.models import User
from supervision.rules.models import RuleSet

from . import safety, siting
from .safety import today_is
from .siting import act

DAY = date(2026, 3, 31)
DAYS = [30, 7, 0]


@pytest.mark.parametrize(
    ("left", "stage"),
    [(31, None), (30, 30), (8, 30), (7, 7), (1, 7), (0, 0), (-1, 0), (-400, 0)],
)
def test_which_notice_is_due(left, stage):
    assert expiry.stage_on(DAY + timedelta(days=left), DAY, DAYS) == stage


@pytest.fixture
def site():
    return safety.site()


def in_use(site, valid_until: date, **facts) -> DeviceCertificate:
    """The certificate of a crane that was accepted while it was valid."""
    crane = siting.machine(site, **facts)
    held = siting.certificate(site, crane, valid_until)
    with today_is(min(valid_until, DAY)):
        act(site, crane, "accept", "supervisor")
    return DeviceCertificate.objects.get(pk=held.pk)


@pytest.mark.django_db
def test_special_equipment_is_used_only_when_inspected_and_registered(site):
    with today_is(DAY):
        crane = siting.machine(site, registration="")
        assert crane.is_special
        assert len(crane.lacking()) == 2
        with pytest.raises(ValidationError, match="登记证"):
            act(site, crane, "accept", "supervisor")
        crane = records.update(crane, {"registration": "R9"}, site.actor("contractor"))
        siting.certificate(site, crane, DAY - timedelta(days=1))
        with pytest.raises(ValidationError, match="定期检验"):
            act(site, crane, "accept", "supervisor")
        siting.certificate(site, crane, DAY, number="J2")
        crane = act(site, crane, "accept", "supervisor")
        assert (crane.status, crane.entered_on) == ("used", DAY)
        digger = siting.machine(site, kind="excavator", code="W1", registration="")
        assert not digger.is_special and act(site, digger, "accept", "supervisor").status == "used"


@pytest.mark.django_db
def test_stopped_equipment_resumes_only_with_a_valid_certificate(site):
    held = in_use(site, DAY)
    crane = held.machine
    with today_is(DAY):
        with pytest.raises(ValidationError, match="唯一的检验证书"):
            act(site, held, "end", "contractor")
        crane = act(site, crane, "stop", "inspector")
    with today_is(DAY + timedelta(days=1)), pytest.raises(ValidationError, match="定期检验"):
        act(site, crane, "resume", "supervisor")


@pytest.mark.django_db(transaction=True)
def test_notices_go_out_once_at_30_7_and_0_days(site):
    held = in_use(site, DAY)
    contractor = User.objects.get(pk=site.people["contractor"].pk)
    sent = []
    for left in range(33, -1, -1):
        with today_is(DAY - timedelta(days=left)):
            for _ in range(2):
                if expiry.watch(SYSTEM)["reminded"]:
                    sent.append(left)
    assert sent == [30, 7, 0]
    labels = list(
        records.events_of(held).filter(verb="remind").order_by("seq").values_list("label", flat=True)
    )
    assert labels == ["还有30日到期", "还有7日到期", "今日到期"]
    assert Notice.objects.filter(user=contractor, object_id=held.pk, title__contains="到期").count() == 3
    assert waiting_for(DeviceCertificate, contractor).filter(pk=held.pk).exists()
    assert not HiddenDanger.objects.exists()


@pytest.mark.django_db
def test_used_while_expired_is_one_danger_an_expiry(site):
    held = in_use(site, DAY)
    stopped = in_use(site, DAY, code="T2")
    with today_is(DAY):
        act(site, stopped.machine, "stop", "contractor")
        assert expiry.watch(SYSTEM)["raised"] == 0
    with today_is(DAY + timedelta(days=1)):
        assert list(expiry.in_use_while_expired(DeviceCertificate)) == [held]
        assert [expiry.watch(SYSTEM)["raised"] for _ in range(2)] == [1, 0]
    danger = HiddenDanger.objects.get()
    assert danger.section == site.section and str(DAY) in danger.description
    with today_is(DAY + timedelta(days=2)):
        held = DeviceCertificate.objects.get(pk=held.pk)
        with pytest.raises(ValidationError, match="晚于原有效期"):
            act(site, held, "renew", number="J9", valid_until=str(DAY))
        later = DAY + timedelta(days=100)
        held = act(site, held, "renew", number="J9", valid_until=str(later))
        assert (held.reminded, held.due_on, held.status) == (None, None, "held")
        assert not expiry.in_use_while_expired(DeviceCertificate).exists()
    with today_is(later + timedelta(days=1)):
        expiry.watch(SYSTEM)
    assert HiddenDanger.objects.count() == 2


@pytest.mark.django_db
def test_a_person_on_the_section_with_an_expired_certificate_is_a_danger_too(site):
    facts = {"holder": "某甲", "trade": "electrician", "number": "T1", "valid_until": DAY}
    held = records.create(WorkerCertificate(section=site.section, **facts), site.actor("contractor"))
    gone = records.create(
        WorkerCertificate(section=site.section, **facts | {"number": "T2"}), site.actor("contractor")
    )
    with today_is(DAY):
        act(site, gone, "end", "contractor")
    with today_is(DAY + timedelta(days=1)):
        assert expiry.watch(SYSTEM) == {"reminded": 1, "raised": 1}
    assert "某甲" in HiddenDanger.objects.get().part
    assert held.section == site.section


@pytest.mark.django_db
def test_the_list_of_what_runs_out_is_asked_of_the_day(site):
    with today_is(DAY):
        crane = siting.machine(site)
        for left in (-1, 0, 7, 8, 30, 31):
            siting.certificate(site, crane, DAY + timedelta(days=left), number=f"J{left}")
        ledger, found = get("device-certificates"), {}
        user = site.people["contractor"]
        for choice in ("expired", "0", "7", "30"):
            rows = filterset_for(ledger)({"expiry": [choice]}, queryset=ledger.queryset(user), user=user).qs
            found[choice] = sorted((row.valid_until - DAY).days for row in rows)
    assert found == {"expired": [-1], "0": [0], "7": [0, 7], "30": [0, 7, 8, 30]}


@pytest.mark.django_db
@pytest.mark.parametrize(("left", "words"), [(-1, "已过期1日"), (0, "今日到期"), (1, "还有1日")])
def test_how_a_certificate_stands_in_words(site, left, words):
    with today_is(DAY):
        assert siting.certificate(site, siting.machine(site), DAY + timedelta(days=left)).validity == words


@pytest.mark.django_db
def test_a_list_asks_for_any_number_of_days(site):
    with today_is(DAY):
        held = in_use(site, DAY + timedelta(days=45))
        other = in_use(site, DAY + timedelta(days=10), code="TC2", registration="R2")
        user = site.people["contractor"]

        def found(slug: str, **asked) -> set[int]:
            ledger = get(slug)
            made = filterset_for(ledger)(asked, queryset=ledger.queryset(user), user=user)
            assert made.is_valid(), made.errors
            return set(made.qs.values_list("pk", flat=True))

        for days, certificates, machines in (
            (9, set(), set()),
            (10, {other.pk}, {other.machine_id}),
            (44, {other.pk}, {other.machine_id}),
            (45, {held.pk, other.pk}, {held.machine_id, other.machine_id}),
        ):
            assert found("device-certificates", within=str(days)) == certificates
            assert found("machines", within=str(days)) == machines
        assert found("machines", expiry=["30"]) == {other.machine_id}
        asked = filterset_for(get("machines"))({"within": "-1"}, queryset=Machine.objects.all(), user=user)
        assert not asked.is_valid()


@pytest.mark.django_db
def test_the_choices_follow_the_notices_in_force():
    of_the_bureau = {"effective_from": date(2026, 1, 1), "content": {"days": [60, 3]}, "confidence": "D"}
    RuleSet.objects.create(code=expiry.NOTICES, version="own", title="到期提醒", **of_the_bureau)
    choices = filterset_for(get("worker-certificates"))({}, queryset=WorkerCertificate.objects.all()).form
    assert choices.fields["expiry"].choices == [
        ("expired", "已过期"), ("3", "3日内到期"), ("60", "60日内到期"),
    ]  # fmt: skip
