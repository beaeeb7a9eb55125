"""Keeping figures: runs, frozen periods, lists, the job, the command, and the board."""

import json
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from supervision.flows.errors import IllegalTransition, NotAllowed
from supervision.flows.history import Actor, verify_chains
from supervision.flows.records import events_of
from supervision.jobs.models import JobRun
from supervision.jobs.services import JobError, run_now
from supervision.people.models import Role
from supervision.plan import services, share_views, tasks, views
from supervision.plan.board import board
from supervision.plan.models import ComplianceRun, MemberList, Plan, Snapshot
from supervision.plan.reporting import correct, freeze
from tests import factories
from tests.factories import COMMAND, candidacy, change, district, organization, project, section, target

pytestmark = pytest.mark.django_db

YEAR = 2025
DAY = date(2025, 6, 30)
# The figures a row is made of, without who and when.
COLUMNS = ("target_id", "dimension", "key", "numerator", "denominator", "undecided", "value", "state", "gap")


def standing(listed=True, **facts):
    """A project that stood for the 项羽杯 of the year."""
    decided = {} if listed is None else {"listing_decided_on": date(2025, 5, 1), "listed": listed}
    works = project(**facts)
    return works, candidacy(works, "XYB", YEAR, declared_on=date(2025, 3, 1), **decided)


def kept(as_of=DAY, year=YEAR):
    return services.store(services.compute(as_of, year), as_of, year)


def total(run):
    return run.snapshots.get(dimension="total")


def rows(run):
    return sorted(map(str, run.snapshots.values_list(*COLUMNS)))


@pytest.fixture
def figures():
    """A target with three candidates in two districts: 2 of 3 listed."""
    here, there = district("宿豫区"), district("宿城区")
    goal = target()
    candidates = [
        standing(True, district=here),
        standing(True, district=there, mode="waterway"),
        standing(False, district=there),
    ]
    return goal, here, there, candidates


# --------------------------------------------------------------------------------------------------- keeping


def test_a_run_keeps_the_total_and_its_parts_with_their_lists(figures):
    goal, here, there, candidates = figures
    run = kept()
    city = total(run)
    assert (city.numerator, city.denominator, city.state, city.gap) == (2, 3, "met", 0)
    assert city.value == Decimal("66.7")
    assert (city.threshold, city.target_version, city.key_label) == (60, goal.version, "全市")
    assert city.population.ids == sorted(works.pk for works, _ in candidates)
    assert {
        row.key: (row.numerator, row.denominator) for row in run.snapshots.filter(dimension="district")
    } == {
        str(here.pk): (1, 1),
        str(there.pk): (1, 2),
    }
    for row in run.snapshots.all():
        assert (row.counted.count, row.population.count) == (row.numerator, row.denominator)
        assert len(row.counted.ids) == row.counted.count


def test_the_same_day_again_replaces_and_an_unchanged_night_adds_no_lists(figures):
    first = kept()
    lists = MemberList.objects.count()
    again = kept()
    assert again.pk == first.pk and ComplianceRun.objects.count() == 1
    kept(DAY + timedelta(days=1))
    assert MemberList.objects.count() == lists
    standing(False)
    assert total(kept()).denominator == 4
    assert Snapshot.objects.filter(as_of=DAY, dimension="total").count() == 1


def test_killed_in_the_middle_nothing_is_half_written(figures, monkeypatch):
    before = rows(kept())
    standing(False)
    real = services.Snapshot.objects.bulk_create

    def die_half_way(objs, **options):
        real(objs[:1])
        raise SystemExit("killed")

    monkeypatch.setattr(services.Snapshot.objects, "bulk_create", die_half_way)
    with pytest.raises(SystemExit):
        kept()
    with pytest.raises(SystemExit):
        kept(DAY + timedelta(days=1))
    assert [run.as_of for run in ComplianceRun.objects.all()] == [DAY]
    assert rows(ComplianceRun.objects.get()) == before
    monkeypatch.undo()
    assert total(kept()).denominator == 4


def test_only_targets_in_use_of_plans_in_force_are_computed(figures):
    goal, *_ = figures
    target(of=factories.plan(is_active=False))
    target(is_active=False)
    assert [result.target for result in services.compute(DAY, YEAR)] == [goal]


# --------------------------------------------------------------------------------------------------- reporting


def test_a_reported_period_keeps_its_figures(figures):
    goal, *_ = figures
    clerk = Actor.of(factories.user(), "page")
    run = freeze(kept(), clerk, label="2025年上半年", reason="上报省厅")
    before = rows(run)
    standing(False)
    with pytest.raises(services.ComplianceError, match="已上报定格"):
        kept()
    assert rows(run) == before
    # Other days go on.
    assert total(kept(DAY + timedelta(days=1))).denominator == 4
    event = events_of(goal.plan).order_by("seq").last()
    assert (event.verb, event.reason, event.actor_id) == ("freeze", "上报省厅", clerk.user.pk)
    assert "2025年上半年" in event.label and "2025-06-30" in event.label


def test_a_correction_stands_beside_the_reported_figure(figures):
    goal, here, there, candidates = figures
    target(indicator="project.succeeded", parameters={"scheme": "SYJ", "stage": "listing"}, of=goal.plan)
    run = freeze(kept(), COMMAND, label="2025年上半年", reason="上报")
    before = rows(run)
    with pytest.raises(IllegalTransition, match="一致"):
        correct(run, COMMAND, reason="核对")
    change(candidates[2][1], listed=True)
    fixed = correct(run, COMMAND, reason="挂牌文件补登")
    assert rows(run) == before
    beside = total(fixed)
    assert (beside.numerator, beside.denominator, beside.target) == (3, 3, goal)
    assert beside.corrects == run.snapshots.get(dimension="total", target=goal)
    # Only what differs is written, and a second correction compares with the first.
    assert {row.target_id for row in fixed.snapshots.all()} == {goal.pk}
    with pytest.raises(IllegalTransition, match="一致"):
        correct(run, COMMAND, reason="核对")
    change(candidates[2][1], listed=False)
    assert total(correct(run, COMMAND, reason="改回")).numerator == 2
    assert [event.verb for event in events_of(goal.plan).order_by("seq")][-3:] == [
        "freeze",
        "correct",
        "correct",
    ]
    assert list(verify_chains("plan.plan")) == []


def test_who_may_report_and_what_it_needs(figures):
    run = kept()
    with pytest.raises(NotAllowed):
        freeze(run, Actor.of(factories.user(Role.COUNTY_STAFF), "page"), label="年报", reason="上报")
    for facts in ({"label": " ", "reason": "上报"}, {"label": "年报", "reason": " "}):
        with pytest.raises(ValidationError):
            freeze(run, COMMAND, **facts)
    with pytest.raises(IllegalTransition):
        correct(run, COMMAND, reason="未上报")
    freeze(run, COMMAND, label="年报", reason="上报")
    with pytest.raises(IllegalTransition, match="已.*上报定格"):
        freeze(run, COMMAND, label="又一次", reason="上报")
    with pytest.raises(IllegalTransition, match="“年报”已于"):
        freeze(kept(DAY + timedelta(days=1)), COMMAND, label="年报", reason="上报")


# --------------------------------------------------------------------------------------------------- lists


def test_the_lists_are_the_figure_as_it_stood(figures):
    *_, candidates = figures
    city = total(kept())
    bureau = factories.user(Role.BUREAU_LEADER)
    standing(True)
    shown = services.members(city, "counted", bureau)
    assert (shown.unit, shown.count, shown.hidden, shown.note) == ("projects.project", 2, 0, "")
    assert {works.pk for works in shown.rows} == {candidates[0][0].pk, candidates[1][0].pk}
    assert shown.rows.filter(mode="waterway").count() == 1
    assert services.members(city, "population", bureau).rows.count() == city.denominator
    assert list(services.members(city, "undecided", bureau).rows) == []
    with pytest.raises(LookupError):
        services.members(city, "run", bureau)


def test_a_list_longer_than_a_statement_may_have_parameters(figures):
    ids = tuple(range(1, 300_000))
    *_, candidates = figures
    found = services.rows_of(
        MemberList.objects.create(unit="projects.project", sha256="x", count=len(ids), ids=ids)
    )
    assert found.filter(pk__in=[works.pk for works, _ in candidates]).count() == 3


def test_a_list_shows_nobody_more_than_they_may_see(figures):
    goal, here, there, candidates = figures
    run = kept()
    county = factories.user(Role.COUNTY_STAFF, organization("county", district=there))
    theirs = list(Snapshot.objects.visible_to(county))
    assert [(row.dimension, row.key) for row in theirs] == [("district", str(there.pk))]
    assert services.members(theirs[0], "population", county).hidden == 0
    # A project that has moved away since still counts there, and is no longer theirs to open.
    change(candidates[1][0], district=here)
    shown = services.members(theirs[0], "population", county)
    assert (shown.count, shown.hidden, shown.rows.count()) == (2, 1, 1)
    assert "清单共2条，其中1条" in shown.note
    centre = factories.user(Role.CENTRE_STAFF, organization("centre", sector="waterway"))
    assert [(row.dimension, row.key) for row in Snapshot.objects.visible_to(centre)] == [
        ("sector", "waterway")
    ]
    for role in (Role.OWNER, Role.CONTRACTOR, Role.SYSTEM_ADMIN):
        stranger = factories.user(role)
        assert not Snapshot.objects.visible_to(stranger).exists()
        assert not MemberList.objects.visible_to(stranger).exists()
        assert not services.members(total(run), "counted", stranger).rows.exists()


# --------------------------------------------------------------------------------------------------- the job


def test_the_job_stores_what_it_computed(figures):
    run = run_now("compliance", {"as_of": "2025-06-30"})
    made = ComplianceRun.objects.get()
    assert (made.as_of, made.year, made.job_id) == (DAY, 2025, run.pk)
    assert run.result == {"as_of": "2025-06-30", "years": [2025], "runs": [made.pk], "states": {"met": 1}}
    assert (run.done, run.total, run.state) == (1, 1, JobRun.State.DONE)
    run_now("compliance", {"as_of": "2025-06-30", "year": 2024})
    assert sorted(ComplianceRun.objects.values_list("year", flat=True)) == [2024, 2025]


def test_the_job_fails_with_a_reason_and_writes_nothing(figures):
    goal, *_ = figures
    tomorrow = timezone.localdate() + timedelta(days=1)
    for params, said in (
        ({"as_of": tomorrow.isoformat()}, "不能晚于今天"),
        ({"as_of": "2025-02-30"}, "不是有效日期"),
    ):
        with pytest.raises(JobError, match=said):
            run_now("compliance", params)
    type(goal)._base_manager.filter(pk=goal.pk).update(indicator="gone.away")
    with pytest.raises(JobError, match=goal.name):
        run_now("compliance", {})
    assert not ComplianceRun.objects.exists()
    freeze(
        ComplianceRun.objects.create(as_of=DAY, year=YEAR, made_at=timezone.now()),
        COMMAND,
        label="年报",
        reason="上报",
    )
    type(goal)._base_manager.filter(pk=goal.pk).update(indicator=goal.indicator)
    with pytest.raises(JobError, match="已上报定格"):
        run_now("compliance", {"as_of": DAY.isoformat()})


def test_a_cancelled_job_leaves_nothing(figures):
    run = JobRun.objects.create(kind="compliance", label="达标率计算", state=JobRun.State.CANCELLED)

    class Silent:
        """Reports that get through, from a run that is no longer ours."""

        mine = JobRun.objects.filter(pk=run.pk, state=JobRun.State.RUNNING)

        def report(self, **fields):
            pass

    run.pulse = Silent()
    with pytest.raises(Exception) as caught:
        tasks.compliance(run, as_of=DAY.isoformat())
    assert type(caught.value).__name__ in ("JobCancelled", "JobLost")
    assert not ComplianceRun.objects.exists()


def test_after_new_year_the_last_year_is_computed_until_it_is_reported(figures):
    assert tasks.years_due(date(2026, 1, 1)) == [2026, 2025]
    assert tasks.years_due(date(2026, 3, 31)) == [2026, 2025]
    assert tasks.years_due(date(2026, 4, 1)) == [2026]
    half = freeze(kept(), COMMAND, label="2025年上半年", reason="上报")
    assert half.frozen and tasks.years_due(date(2026, 1, 2)) == [2026, 2025]
    freeze(kept(date(2025, 12, 31)), COMMAND, label="2025年度", reason="上报")
    assert tasks.years_due(date(2026, 1, 2)) == [2026]


# --------------------------------------------------------------------------------------------------- the command


def command(*arguments):
    out, err = StringIO(), StringIO()
    call_command("compliance", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_the_command_prints_the_list_and_stores_it(figures):
    goal, *_ = figures
    out, err = command("--as-of", "2025-06-30", "--json")
    assert json.loads(out) == [
        {
            "code": goal.code,
            "name": goal.name,
            "kind": "ratio",
            "year": 2025,
            "as_of": "2025-06-30",
            "numerator": 2,
            "denominator": 3,
            "value": 66.7,
            "threshold": 60,
            "state": "met",
            "gap": 0,
        }
    ]
    assert err == "" and total(ComplianceRun.objects.get(as_of=DAY, year=2025)).numerator == 2


def test_counts_and_empty_ratios_in_json():
    target(indicator="project.named_count", kind="count", threshold=2, parameters={"scheme": "PZ-PROV"})
    target(parameters={"scheme": "XYB", "stage": "listing"}, threshold="62.5")
    count, empty = json.loads(command("--as-of", "2025-06-30", "--year", "2024", "--json")[0])
    named = ("year", "numerator", "denominator", "value", "threshold", "state", "gap")
    assert [count[name] for name in named] == [2024, 0, None, 0, 2, "missed", 2]
    assert [empty[name] for name in named] == [2024, 0, 0, None, 62.5, "not_applicable", None]


def test_the_command_prints_a_table_and_only_looks_when_told_so(figures):
    out, _ = command("--as-of", "2025-06-30", "--dry-run")
    assert "66.7%" in out and "≥60%" in out and "达标" in out
    assert not ComplianceRun.objects.exists()
    ahead = (timezone.localdate() + timedelta(days=40)).isoformat()
    out, err = command("--as-of", ahead, "--json")
    assert len(json.loads(out)) == 1 and "未保存" in err
    assert not ComplianceRun.objects.exists()


def test_the_command_leaves_a_reported_day_alone_and_says_so(figures):
    freeze(kept(), COMMAND, label="年报", reason="上报")
    before = rows(ComplianceRun.objects.get())
    standing(False)
    out, err = command("--as-of", "2025-06-30", "--json")
    assert json.loads(out)[0]["denominator"] == 4 and "已上报定格" in err
    assert rows(ComplianceRun.objects.get()) == before


@pytest.mark.parametrize("arguments", [("--as-of", "2025-02-30"), ("--as-of", "20250630"), ("--year", "25")])
def test_the_command_refuses_what_is_no_date(arguments):
    with pytest.raises(CommandError) as caught:
        command(*arguments)
    assert caught.value.returncode == 1


def test_the_command_computes_the_loaded_plan():
    call_command("load_plan", verbosity=0)
    figures = json.loads(command("--as-of", "2024-12-31", "--json")[0])
    assert [figure["code"] for figure in figures] == [
        "PZ-CITY-PARTICIPATION",
        "PZ-CITY-PASS",
        "PZ-COUNTY-COVERAGE",
        "PZ-COUNTY-PASS",
        "PZ-PROVINCE-COUNT",
        "PZ-MINISTRY-COUNT",
        "PA-CITY-PASS",
        "PA-CITY-EXCELLENT",
        "PA-PROVINCE-SITE",
        "PA-PROVINCE-PROJECT",
        "XY-LISTING-APPLY",
        "XY-LISTING-SUCCESS",
        "XY-REVIEW-APPLY",
        "XY-AWARD",
        "SY-LISTING-APPLY",
        "SY-LISTING-SUCCESS",
        "SY-REVIEW-APPLY",
        "SY-AWARD",
        "GJ-AWARD-COUNT",
        "KJ-AWARD-COUNT",
        "KJ-RESEARCH-COUNT",
    ]
    by_code = {figure["code"]: figure for figure in figures}
    # What the plan names is 拟申报: nothing declared yet, and what could still be named is within reach.
    assert by_code["XY-LISTING-SUCCESS"]["state"] == "not_applicable"
    assert [by_code["PZ-PROVINCE-COUNT"][name] for name in ("value", "state", "gap")] == [0, "reachable", 2]
    assert [by_code["PZ-MINISTRY-COUNT"][name] for name in ("value", "state", "gap")] == [0, "reachable", 1]
    assert [by_code["GJ-AWARD-COUNT"][name] for name in ("value", "state", "gap")] == [0, "missed", 1]


# --------------------------------------------------------------------------------------------------- the board


def tiles(context):
    return [tile for group in context["groups"] for tile in group["targets"]]


def test_the_board_before_the_first_run(figures):
    goal, *_ = figures
    context = board(factories.user(), goal.plan, YEAR)
    assert (context["as_of"], context["summary"], context["trend"]["series"]) == (None, [], [])
    assert [(tile["value_text"], tile["state_label"]) for tile in tiles(context)] == [("—", "尚未计算")]


@pytest.mark.parametrize(
    ("kind", "address", "module", "name"),
    [
        ("compliance", "/board/", views, "board_context"),
        ("task_shares", "/plan-tasks/expand/", share_views.expanding, "preview"),
    ],
)
def test_a_job_that_ends_while_the_page_is_drawn_has_it_come_again(
    figures, client, monkeypatch, kind, address, module, name
):
    client.force_login(staff := factories.user("bureau_staff"))
    run = JobRun.objects.create(kind=kind, label="计算", created_by=staff, state=JobRun.State.RUNNING)
    drawn = getattr(module, name)

    def ends(*given, **named):
        made = drawn(*given, **named)
        JobRun.objects.filter(pk=run.pk).update(state=JobRun.State.DONE)
        return made

    monkeypatch.setattr(module, name, ends)
    address = f"{address}?plan={figures[0].plan.pk}"
    page = client.get(address).content.decode()
    # What was read before its end is old: the page follows the job, and comes again.
    assert "data-reload-when-finished" in page and f"/jobs/{run.pk}/" in page
    monkeypatch.setattr(module, name, drawn)
    assert "data-reload-when-finished" not in client.get(address).content.decode()


def test_the_board_of_the_bureau(figures):
    goal, *_ = figures
    target(
        goal.plan,
        "project.named_count",
        kind="count",
        parameters={"scheme": "PZ-PROV"},
        threshold=2,
        stretch=4,
    )
    kept(date(2025, 4, 30))
    kept()
    context = board(factories.user(), goal.plan, YEAR, link=lambda row, which: f"/{row.pk}/{which}/")
    ratio, count = tiles(context)
    assert (ratio["value_text"], ratio["state"], ratio["color"], ratio["gap_text"]) == (
        "66.7%",
        "met",
        "green",
        "",
    )
    assert ratio["counted_url"].endswith("/counted/") and ratio["basis"]
    assert (count["value_text"], count["threshold_text"], count["gap_text"]) == ("0", "2～4", "还差 2 个")
    assert count["denominator"] is None and count["population_url"] == ""
    assert {item["label"]: item["count"] for item in context["summary"]} == {
        "达标": 1,
        "未达标·可达": 0,
        "未达标": 1,
        "无适用对象": 0,
    }
    assert context["target_heads"] == [goal.name]
    assert [(line["label"], [cell["text"] for cell in line["cells"]]) for line in context["districts"]] == [
        ("宿豫区", ["100.0%"]),
        ("宿城区", ["50.0%"]),
    ]
    assert context["trend"]["labels"] == ["2025-04-30", "2025-06-30"]
    assert context["trend"]["series"] == [{"name": goal.name, "data": [0.0, 66.7]}]
    # An earlier day shows what was known then.
    assert board(factories.user(), goal.plan, YEAR, date(2025, 5, 1))["as_of"] == date(2025, 4, 30)


def test_the_board_of_a_county_and_of_a_unit(figures):
    goal, here, there, _ = figures
    kept()
    county = factories.user(Role.COUNTY_STAFF, organization("county", district=there))
    context = board(county, goal.plan, YEAR)
    assert (tiles(context)[0]["value_text"], context["scope_label"]) == ("50.0%", "宿城区")
    assert [line["label"] for line in context["districts"]] == ["宿城区"]
    assert context["trend"]["series"][0]["data"] == [50.0]
    unit = board(factories.user(Role.CONTRACTOR), goal.plan, YEAR)
    assert tiles(unit)[0]["value_text"] == "—" and unit["districts"] == [] and unit["summary"] == []


def test_the_board_shows_a_correction_beside_the_reported_figure(figures):
    goal, *_, candidates = figures
    run = freeze(kept(), COMMAND, label="2025年上半年", reason="上报")
    change(candidates[2][1], listed=True)
    correct(run, COMMAND, reason="挂牌文件补登")
    context = board(factories.user(), goal.plan, YEAR)
    [tile] = tiles(context)
    assert (tile["frozen"], tile["value_text"]) == (True, "66.7%")
    assert [(item["value_text"], item["reason"]) for item in tile["corrections"]] == [
        ("100.0%", "挂牌文件补登")
    ]
    assert context["reports"] == [run]


def test_the_board_needs_the_same_number_of_queries_however_much_there_is(figures):
    goal, *_ = figures
    clerk = factories.user()

    def queries():
        plan = Plan.objects.get(pk=goal.plan_id)
        reader = type(clerk).objects.get(pk=clerk.pk)
        with CaptureQueriesContext(connection) as caught:
            board(reader, plan, YEAR)
        return len(caught)

    kept(date(2025, 1, 31))
    few = queries()
    for _ in range(4):
        target(goal.plan)
        standing(True, district=district())
    for month in (2, 3, 4, 5):
        kept(date(2025, month, 28))
    kept()
    assert queries() == few


def test_computing_needs_one_statement_a_target(figures):
    section()

    def queries():
        with CaptureQueriesContext(connection) as caught:
            services.compute(DAY, YEAR)
        return len(caught)

    one = queries()
    for _ in range(3):
        target()
    # One for the figures, one for the schemes its parameters may name.
    assert queries() == one + 3 * 2
