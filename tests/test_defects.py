"""Quality defects along the shared loop, their papers and figures; incidents and the clock of their report."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from projects import findings
from quality import facts
from quality.models import QualityDefect, QualityIncident
from supervision.flows import records
from supervision.flows.errors import IllegalTransition, NotAllowed
from supervision.flows.perform import available
from supervision.papers.documents import services
from supervision.people.models import User
from supervision.plan.indicators import Window, find, measure

from . import factories, safety, testing
from .factories import COMMAND
from .testing import SHANGHAI, paper, result, sample

pytestmark = pytest.mark.django_db
PAPERS = ("整改照片", "检测报告", "验收记录", "现场复查记录")


@pytest.fixture
def works():
    with safety.today_is(date(2026, 6, 1)):
        yield testing.works()


def names(record, user) -> list[str]:
    return [t.name for t in available(record, User.objects.get(pk=user.pk))]


def test_from_a_failed_test_to_its_closing(works):
    failed = result(sample(works.section), works.laboratory, "20、21、22")
    defect = QualityDefect.objects.get()
    assert findings.origin_of(defect.source_label, defect.source_id, works.people["owner"])["text"] == str(
        failed
    )
    unit = defect.responsible_unit_id
    defect = works.act(defect, "verify", "supervisor", category="混凝土强度不足", responsible_unit=unit)
    assert (defect.grade, defect.verified_on) == ("general", date(2026, 6, 1))
    assert defect.deadline > date(2026, 6, 1) and defect.deadline_rule.source_label == "本系统设定"
    defect = works.act(defect, "rectify", "contractor")
    with pytest.raises(NotAllowed):
        works.act(defect, "accept", "contractor")
    defect = works.act(defect, "return_accept", "supervisor", opinion="未凿除")
    assert (defect.failed, defect.status) == (1, "rectifying")
    works.act(defect, "rectify", "contractor")
    defect = works.act(defect, "accept", "supervisor")
    assert (defect.status, defect.closed_on) == ("closed", date(2026, 6, 1))


def test_a_serious_defect_goes_up_to_the_authority(works):
    defect = works.verified("verify_serious")
    for kind in PAPERS:
        paper(defect, kind)
    with pytest.raises(ValidationError, match="处理方案"):
        works.act(defect, "rectify_serious", "contractor")
    works.act(defect, "plan", "contractor", measures="压浆并贴碳纤维布", responsible_person="张三")
    works.act(defect, "rectify_serious", "contractor")
    works.act(defect, "pass_supervisor", "supervisor")
    works.act(defect, "pass_owner", "owner")
    for role in ("contractor", "supervisor", "owner"):
        with pytest.raises((NotAllowed, IllegalTransition)):
            works.act(defect, "review", role)
    assert works.act(defect, "review", "inspector").status == "closed"


def test_without_a_supervisor_the_owner_accepts():
    site = safety.site(supervisor=False)
    made = QualityDefect(project=site.section.project, section=site.section, part="3号墩", description="裂缝")
    made = records.create(made, site.actor("contractor"))
    assert made.acceptor == "owner"
    site.act(made, "verify", "inspector", category="裂缝", responsible_unit=made.responsible_unit_id)
    made = site.act(made, "rectify", "contractor")
    assert "accept" in names(made, site.people["owner"])


def test_findings_of_inspections_become_defects_once(works):
    found = findings.Finding(
        label="projects.finding",
        id=7,
        project=works.section.project,
        section=works.section,
        part="2号墩",
        description="保护层不足",
        category="保护层厚度不足",
        found_on=date(2026, 5, 20),
    )
    made = findings.raise_finding("quality_defect", found, works.actor("inspector"))
    assert findings.raise_finding("quality_defect", found, works.actor("inspector")) == made
    assert (made.source, made.category, made.found_on) == ("inspection", "保护层厚度不足", date(2026, 5, 20))
    # What an authority found, no unit says to be none.
    assert "dismiss" not in names(made, works.people["owner"])
    with pytest.raises(ValidationError):
        twin = QualityDefect(
            project=made.project,
            part="x",
            description="x",
            source_label=made.source_label,
            source_id=made.source_id,
        )
        records.create(twin, COMMAND)


def test_listing_and_suspension_lie_over_the_status_and_draft_their_papers(works):
    defect = works.verified("verify_serious")
    defect = works.act(defect, "list", "bureau_staff", listing_level="city")
    assert defect.is_listed and defect.status == "rectifying"
    assert defect.plan_due_on == date(2026, 7, 1)
    defect = works.act(defect, "suspend", "bureau_staff", suspension_scope="2号墩")
    assert defect.is_suspended and defect.status == "rectifying"
    codes = set(services.of(defect).values_list("code", flat=True))
    assert {"defect-listing", "defect-stop"} <= codes
    listing = services.of(defect).get(code="defect-listing")
    assert "严重质量缺陷实施挂牌督办" in listing.contents["title"]
    with pytest.raises(IllegalTransition):
        works.act(works.verified(), "list", "bureau_staff", listing_level="city")


def test_the_notice_says_what_is_to_be_put_right(works):
    defect = works.verified(description="竖向裂缝两道，最大宽0.3mm")
    made = services.draft(defect, "defect-notice", works.actor("bureau_staff"))
    assert made.contents["title"] == "工程质量缺陷整改通知书"
    (row,) = made.contents["findings"]
    assert "最大宽0.3mm" in row["what"] and row["grade"] == "一般"
    assert made.contents["project"] == works.section.project.name


def test_the_rate_of_a_past_day_survives_a_reopening(works):
    defect = works.verified()
    other = works.verified(part="4号墩")
    works.act(defect, "rectify", "contractor")
    works.act(defect, "accept", "supervisor")

    def counted(day: date) -> dict[str, int]:
        found = measure(find("defect.rectified").members({}, Window(2026, day, 2026, 2026)))
        return {group.standing: len(group.ids) for group in found}

    assert counted(date(2026, 6, 1)) == {"counted": 1, "undecided": 1}
    with safety.today_is(date(2026, 6, 10)):
        works.act(defect, "reopen", "supervisor", opinion="裂缝复现")
        assert counted(date(2026, 6, 10)) == {"undecided": 2}
    assert counted(date(2026, 6, 9)) == {"counted": 1, "undecided": 1}
    assert counted(date(2026, 5, 31)) == {}
    assert other.status == "rectifying"


def test_what_is_late_is_a_fact_for_others(works):
    defect = works.verified()
    after = defect.deadline + timedelta(days=1)
    assert list(facts.late_defects(date(2026, 1, 1), defect.deadline)) == []
    assert list(facts.late_defects(date(2026, 1, 1), after)) == [defect]
    with safety.today_is(defect.deadline):
        works.act(defect, "rectify", "contractor")
    assert list(facts.late_defects(date(2026, 1, 1), after)) == []


# ------------------------------------------------------------------------------------------------------ incidents

HAPPENED = datetime(2026, 5, 31, 12, 0, tzinfo=SHANGHAI)  # the tests' today is 1 June, noon


def incident(works, **given) -> QualityIncident:
    given = {
        "part": "2号盖梁",
        "description": "浇筑时支架下沉，盖梁开裂",
        "measures": "停工、警戒",
        "happened_at": HAPPENED,
    } | given
    row = QualityIncident(project=works.section.project, section=works.section, **given)
    return records.create(row, works.actor("contractor"))


@pytest.mark.parametrize(("minutes", "late"), [(0, False), (-1, True)])
def test_the_report_is_due_24_hours_after_it_happened(works, minutes, late):
    made = incident(works, happened_at=HAPPENED + timedelta(minutes=minutes))
    made = works.act(made, "report", "contractor", measures="停工")
    assert (made.is_late, made.status) == (late, "reported")
    assert list(facts.late_reports(date(2026, 5, 1), date(2026, 6, 1))) == ([made] if late else [])


def test_an_unreported_incident_shows_when_its_time_is_over(works):
    made = incident(works, happened_at=HAPPENED + timedelta(hours=2))
    assert not made.clock_ran_out and made.due_on == date(2026, 6, 1)
    assert not facts.late_reports(date(2026, 5, 1), date(2026, 6, 1)).exists()
    with safety.today_is(date(2026, 6, 2)):
        assert made.clock_ran_out and made.lateness == "超时未报22.0小时"
        assert facts.late_reports(date(2026, 5, 1), date(2026, 6, 1)).get() == made


def test_neither_moment_nor_lateness_can_be_sent_along(works):
    client = Client()
    client.force_login(works.people["contractor"], backend="django.contrib.auth.backends.ModelBackend")
    made = incident(works, happened_at=HAPPENED - timedelta(days=2))
    body = {
        "part": "2号盖梁",
        "description": "开裂",
        "happened_at": "2026-06-01 11:00",
        "reported_at": "2026-05-30 00:00",
        "is_late": False,
        "version": made.version,
    }
    answer = client.patch(f"/api/quality-incidents/{made.pk}/", body, content_type="application/json")
    made.refresh_from_db()
    assert made.happened_at == HAPPENED - timedelta(days=2), answer.content
    assert made.reported_at is None
    made = works.act(made, "report", "contractor", measures="停工", reported_at="2026-05-30", is_late="")
    assert made.is_late and made.reported_at.astimezone(SHANGHAI).date() == date(2026, 6, 1)
    with pytest.raises(NotAllowed):
        works.act(made, "correct_time", "contractor", happened_at="2026-06-01 11:00")
    # An authority corrects the hour with a reason; what was late stays marked, and the history holds both hours.
    made = works.act(made, "correct_time", "inspector", happened_at="2026-06-01 11:00", opinion="监控录像")
    assert made.happened_at.astimezone(SHANGHAI).hour == 11 and made.is_late
    assert "happened_at" in records.last_event(made).changes


def test_the_grade_follows_the_harm_and_its_source_is_said(works):
    made = incident(works, deaths=3)
    assert (made.grade, made.grade_rule.source_label) == ("larger", "本系统设定")
    made = works.act(made, "report", "contractor", measures="停工", loss="50000000")
    assert (made.grade, made.deaths) == ("major", 3)
    # A step that says nothing of the harm leaves it as it was reported.
    made = works.act(made, "investigate", "inspector")
    assert (made.grade, made.deaths, made.loss) == ("major", 3, 50_000_000)


def test_authorities_are_told_at_once(works):
    from supervision.desk.models import Notice

    made = incident(works)
    from django.test import TestCase

    with TestCase.captureOnCommitCallbacks(execute=True):
        works.act(made, "report", "contractor", measures="停工")
    told = Notice.objects.filter(object_id=made.pk, is_red=True).values_list("user", flat=True)
    assert {works.people["bureau_staff"].pk, works.people["inspector"].pk} <= set(told)


def test_strangers_see_no_defect(works):
    made = works.verified()
    stranger = factories.user("contractor")
    assert not QualityDefect.objects.visible_to(stranger).filter(pk=made.pk).exists()
