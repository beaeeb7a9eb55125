"""Campaigns: what is due when, one danger in several campaigns, looking back, and an evaluation that stands."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from safety.models import HiddenDanger
from safety.models import Span as DangerSpan
from supervision.desk.models import Notice
from supervision.flows import records
from supervision.flows.history import Actor
from supervision.flows.perform import perform
from supervision.people import history_guard
from supervision.plan import demo_duties
from supervision.plan.campaigns import problems, reminding, standing
from supervision.plan.campaigns.rhythm import days_of
from supervision.plan.models import (
    Appraisal,
    Campaign,
    CampaignChoice,
    CampaignFigure,
    CampaignMeasure,
    CampaignPhase,
    CampaignReport,
    DutyDue,
    Fulfilment,
    LookBack,
)
from tests import carrying_out, factories
from tests.factories import COMMAND

D = date
MARCH, YEARS_END = D(2025, 3, 1), D(2025, 12, 31)
DANGERS = "hidden-dangers"


def test_what_the_three_year_campaign_owes_when():
    assert days_of(D(2020, 6, 1), D(2022, 12, 31)) == [
        ("年度工作总结", D(2020, 12, 20)),
        ("年度工作总结", D(2021, 12, 20)),
        ("总结评估", D(2022, 11, 30)),
        ("年度工作总结", D(2022, 12, 20)),
    ]
    assert days_of(D(2024, 3, 1), D(2024, 6, 30)) == [("总结评估", D(2024, 6, 30))]
    assert days_of(D(2024, 12, 21), D(2024, 12, 25)) == []


def danger(section=None, found: date = MARCH) -> HiddenDanger:
    """Found and verified on a day."""
    made = factories.hidden_danger(section or factories.section())
    return records.update(made, {"verified_on": found, "found_on": found}, COMMAND)


def close(one: HiddenDanger, day: date) -> None:
    """Put right and accepted on a day, as the loop leaves it."""
    records.update(HiddenDanger.objects.get(pk=one.pk), {"status": "closed"}, COMMAND)
    spans = DangerSpan.objects.filter(danger=one, kind="closed")
    assert not spans.exists()
    row = DangerSpan(danger=one, kind="closed", since=day)
    with history_guard.writer():
        row.save()


def run(campaign: Campaign) -> Campaign:
    days = {"first": campaign.since, "last": campaign.until}
    records.create(CampaignPhase(campaign=campaign, name="排查整治", **days), COMMAND)
    return perform(campaign, "start", Actor.of(factories.user("bureau_staff"), "page"))


def listed(campaign: Campaign, day: date = YEARS_END) -> set[int]:
    return set(problems.find(DANGERS).rows(campaign, day).values_list("pk", flat=True))


@pytest.mark.django_db
def test_a_danger_stands_in_every_campaign_that_covers_it(client):
    part = factories.section()
    place = factories.district("泗阳县")
    factories.change(part.project, district=place, mode="highway")
    inside, elsewhere, before = danger(part), danger(), danger(part, D(2023, 5, 1))
    everywhere = run(carrying_out.campaign())
    narrow = run(carrying_out.campaign(districts=["泗阳县"], sectors=["公路"], projects=[part.project.name]))
    water = run(carrying_out.campaign(sectors=["水运"], districts=["泗阳县"]))
    assert listed(everywhere) == {inside.pk, elsewhere.pk}
    assert listed(narrow) == {inside.pk} and listed(water) == set()
    client.force_login(factories.user("bureau_staff"))
    page = client.get(f"/campaign-desk/of/{DANGERS}/{inside.pk}/").content.decode()
    assert narrow.title in page and everywhere.title in page and water.title not in page
    assert (
        f"/campaign-desk/of/{DANGERS}/{inside.pk}/" in client.get(f"/{DANGERS}/{inside.pk}/").content.decode()
    )
    # What was not known yet on a day is not on that day's list.
    assert listed(everywhere, D(2025, 2, 28)) == set()
    for key, include in ((inside.pk, False), (before.pk, True)):
        facts = {"ledger": DANGERS, "record_key": key, "include": include, "reason": "按会议意见"}
        records.create(CampaignChoice(campaign=narrow, **facts), COMMAND)
    assert listed(narrow) == {before.pk} and listed(everywhere) == {inside.pk, elsewhere.pk}
    with pytest.raises(ValidationError, match="没有登记的名称：某处"):
        carrying_out.campaign(districts=["某处"])
    with pytest.raises(ValidationError, match="重叠"):
        days = {"first": narrow.since, "last": narrow.since}
        records.create(CampaignPhase(campaign=narrow, name="又一阶段", **days), COMMAND)


@pytest.mark.django_db
def test_closed_open_and_an_evaluation_that_stands(client):
    staff = factories.user("bureau_staff")
    client.force_login(staff)
    done, left = danger(), danger()
    close(done, D(2025, 4, 1))
    campaign = run(carrying_out.campaign(until=D(2025, 12, 31), since=D(2025, 1, 1)))
    records.create(CampaignFigure(campaign=campaign, fact="danger.found", target="全部整改"), COMMAND)
    danger(found=D(2024, 6, 1))  # of the year before: the base of the comparison
    now = standing.summary(campaign, D(2025, 12, 31))
    row = next(one for one in now["problems"] if one["slug"] == DANGERS)
    assert (row["found"], row["closed"], row["open"], str(row["rate"])) == (2, 1, 1, "50.0")
    assert [(one["value"], one["before"]) for one in now["figures"]] == [("2", "1")]
    desk = f"/campaign-desk/{campaign.pk}"
    page = client.get(f"{desk}/problems/{DANGERS}/?state=open").content.decode()
    assert f"/{DANGERS}/{left.pk}/" in page and f"/{DANGERS}/{done.pk}/" not in page
    assert client.get(f"{desk}/figures/danger.found/").content.decode().count(f'href="/{DANGERS}/') >= 2
    perform(campaign, "evaluate", Actor.of(staff, "page"), {"conclusion": "总体平稳。"})
    kept = Campaign.objects.get(pk=campaign.pk)
    close(left, D(2025, 5, 1))
    danger()
    row = next(one for one in kept.evaluation["problems"] if one["slug"] == DANGERS)
    assert (row["found"], row["open"]) == (2, 1)
    assert f"/{DANGERS}/{left.pk}/" in client.get(f"{desk}/problems/{DANGERS}/?state=open").content.decode()
    assert "评估数据（定格）" in client.get(f"/campaigns/{campaign.pk}/").content.decode()
    unit = factories.organization("county")
    made = client.post(f"{desk}/reports/", follow=True).content.decode()
    assert "由市局业务人员排定" in made and not CampaignReport.objects.exists()
    other = run(carrying_out.campaign(since=D(2020, 6, 1), until=D(2022, 12, 31), units=[unit.name]))
    for said in ("已排定报送4项", "已排定报送0项"):
        assert said in client.post(f"/campaign-desk/{other.pk}/reports/", follow=True).content.decode()
    report = CampaignReport.objects.get(organization=unit, kind="总结评估")
    assert (report.due_by, report.due_on) == (D(2022, 11, 30), D(2022, 11, 30))
    client.force_login(factories.user("contractor"))
    assert client.get(f"{desk}/problems/{DANGERS}/").status_code == 403
    assert "销号率" not in client.get(f"/campaigns/{campaign.pk}/").content.decode()


@pytest.mark.django_db
def test_a_problem_that_came_back_goes_the_way_of_its_own_ledger(client):
    staff = factories.user("bureau_staff")
    client.force_login(staff)
    shut, open_ = [danger() for _ in range(3)], danger()
    for one in shut:
        close(one, D(2025, 4, 1))
    campaign = run(carrying_out.campaign())
    answer = client.post(
        f"/campaign-desk/{campaign.pk}/draw/", {"ledger": DANGERS, "number": "2"}, follow=True
    )
    assert "已抽取2条" in answer.content.decode()
    drawn = list(LookBack.objects.filter(campaign=campaign, drawn=True))
    assert {row.record_key for row in drawn} <= {one.pk for one in shut} and "3取2" in drawn[0].lot
    with pytest.raises(ValidationError, match="还没有销号"):
        records.create(LookBack(campaign=campaign, ledger=DANGERS, record_key=open_.pk), COMMAND)
    today = timezone.localdate()
    look = {"looked_on": today - timedelta(days=1), "lookers": "某甲、某乙", "words": "护栏又被拆除"}
    held = perform(drawn[0], "look", Actor.of(staff, "page"), look | {"result": "held"})
    back = perform(drawn[1], "look", Actor.of(staff, "page"), look | {"result": "back"})
    assert held.new_key is None
    again = HiddenDanger.objects.get(pk=back.new_key)
    old = HiddenDanger.objects.get(pk=back.record_key)
    assert (again.project, again.status) == (old.project, HiddenDanger.flow.initial)
    assert "护栏又被拆除" in again.description and old.status == "closed"
    page = client.get(f"/hidden-dangers/{again.pk}/").content.decode()
    assert f"/look-backs/{back.pk}/" in page
    assert f"/hidden-dangers/{again.pk}/" in client.get(f"/look-backs/{back.pk}/").content.decode()


@pytest.mark.django_db
def test_the_demonstration_is_laid_down_once_and_marked():
    bureau = factories.organization("bureau")
    office = factories.organization("office", parent=bureau)
    factories.user("bureau_staff", office, username="staff", is_demo=True)
    factories.organization("county")
    assert demo_duties.load() > 0 and demo_duties.load() == 0
    three_years = Campaign.objects.get(title=demo_duties.THREE_YEARS)
    assert (three_years.status, three_years.is_demo, three_years.campaignphases.count()) == (
        "running",
        True,
        4,
    )
    today = timezone.localdate()
    assert CampaignReport.objects.filter(is_demo=True).exists()
    assert not CampaignReport.objects.filter(due_by__lt=today).exists()
    assert not CampaignMeasure.objects.filter(due_by__lt=today, status="doing").exists()
    year = today.year
    over = DutyDue.objects.filter(year=year, last__lt=today).exclude(per="year")
    assert over.filter(done_on__isnull=False).count() == Fulfilment.objects.filter(is_demo=True).count()
    studied = over.filter(organization=bureau, duty__code__in=demo_duties.STUDIED)
    assert not studied.filter(done_on__isnull=True).exists()
    assert set(Appraisal.objects.values_list("status", flat=True)) == {"draft"}


@pytest.mark.django_db
def test_reports_are_owed_by_the_sectors_and_a_second_click_is_told(client):
    client.force_login(factories.user("bureau_staff"))
    county = factories.organization("county")
    roads, water = (factories.organization("centre", sector=sector) for sector in ("highway", "waterway"))
    campaign = run(carrying_out.campaign(since=D(2024, 3, 1), until=D(2024, 6, 30), sectors=["公路"]))
    client.post(f"/campaign-desk/{campaign.pk}/reports/")
    owing = set(CampaignReport.objects.values_list("organization", flat=True))
    assert owing == {county.pk, roads.pk} and water.pk not in owing
    part = factories.section()
    factories.change(part.project, mode="highway")
    for _ in range(4):
        close(danger(part, D(2024, 4, 1)), D(2024, 5, 1))
    page = client.get(f"/campaigns/{campaign.pk}/").content.decode()
    assert '<input type="hidden" name="drawn" value="0">' in page
    for said in ("已抽取2条", "没有重复抽取"):
        sent = {"ledger": DANGERS, "number": "2", "drawn": "0"}
        answer = client.post(f"/campaign-desk/{campaign.pk}/draw/", sent, follow=True)
        assert said in answer.content.decode()
    assert LookBack.objects.filter(campaign=campaign).count() == 2


@pytest.mark.django_db
def test_units_are_told_of_what_a_campaign_asks_before_and_after_its_deadline():
    unit = factories.organization("county")
    person, stranger = factories.user("county_staff", unit), factories.user("county_staff")
    campaign = run(carrying_out.campaign(since=D(2024, 3, 1), until=D(2024, 6, 30)))
    made = CampaignReport(campaign=campaign, organization=unit, kind="总结评估", due_by=D(2024, 6, 30))
    report = records.create(made, COMMAND)
    measure = CampaignMeasure(campaign=campaign, title="挂牌制度", organization=unit, due_by=D(2024, 7, 1))
    records.create(measure, COMMAND)
    told = lambda: list(Notice.objects.filter(user=person).order_by("pk").values_list("title", "is_red"))  # noqa: E731
    # Three days before by the rule; once, however often it is asked.
    assert reminding.remind_owed(D(2024, 6, 26)) == 0 and not told()
    assert reminding.remind_owed(D(2024, 6, 27)) == reminding.remind_owed(D(2024, 6, 27)) == 1
    near = ("专项整治应于2024年06月30日前报送：总结评估", False)
    assert told() == [near]
    assert reminding.remind_owed(D(2024, 7, 1)) == 2
    late = ("专项整治已逾期未报送：总结评估", True)
    assert told() == [near, late, ("专项整治应于2024年07月01日前完成：挂牌制度", False)]
    perform(
        report,
        "move",
        Actor.of(factories.user("bureau_staff"), "page"),
        {"due_by": "2024-07-20", "opinion": "延期"},
    )
    assert reminding.remind_owed(D(2024, 7, 18)) == 2
    assert told()[-2:] == [
        ("专项整治应于2024年07月20日前报送：总结评估", False),
        ("专项整治已逾期未完成：挂牌制度", True),
    ]
    assert not Notice.objects.filter(user=stranger).exists()
