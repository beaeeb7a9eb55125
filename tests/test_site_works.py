"""Dangerous works: level at each threshold, the gate by its people, facilities and their load test, figures."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
import yaml
from django.core.exceptions import ValidationError
from django.utils import timezone

from safety.models import DangerousWork, FirstFacility, SiteClause, TemporaryFacility
from safety.rules import WORK_ITEMS, rule
from safety.site import scale
from supervision.desk import todo
from supervision.desk.models import Notice
from supervision.flows import records
from supervision.flows.errors import IllegalTransition, NotAllowed
from supervision.flows.perform import available, blocked, waiting_for
from supervision.people.models import User
from supervision.plan.indicators import Window, find

from . import safety, siting
from .safety import paper
from .siting import act, walk

with open("safety/data/site.yaml", encoding="utf-8") as file:
    TABLE = next(row for row in yaml.safe_load(file)["rules"] if row["code"] == WORK_ITEMS)["content"]

WHOLE = ("make", "review_to_approve", "approve", "disclose", "check", "begin", "finish", "accept")


def sizes(**given: str) -> dict:
    return {name: Decimal(given[name]) if name in given else None for name in scale.MEASURES}


def edges():
    """Each threshold of the table, a centimetre below it and on it, all other measures small."""
    for row in TABLE["items"]:
        for name, limit in row.get("measures", {}).items():
            others = dict.fromkeys(row["measures"], "0.01")
            for level, below in (("dangerous", "below"), ("large", "dangerous")):
                number = Decimal(limit[level])
                yield row["name"], others | {name: str(number - Decimal("0.01"))}, below
                yield row["name"], others | {name: str(number)}, level


@pytest.mark.parametrize(("item", "given", "level"), list(edges()))
def test_a_threshold_includes_its_own_number(item, given, level):
    assert scale.judge(TABLE, item, sizes(**given)).level == level


def test_what_is_listed_by_name_and_what_is_missing():
    assert scale.judge(TABLE, "挂篮悬臂施工", sizes()).level == "large"
    assert scale.judge(TABLE, "水上钢栈桥与作业平台", sizes()).level == "dangerous"
    found = scale.judge(TABLE, "支架现浇与模板支撑", sizes(height="9"))
    assert (found.level, set(found.missing)) == ("", {"span", "load"})
    assert scale.judge(TABLE, "没有的类别", sizes()).level == ""


@pytest.fixture
def site():
    return safety.site()


@pytest.mark.django_db
def test_the_level_decides_whether_experts_argue_and_keeps_its_rule(site):
    plain, large = siting.work(site), siting.work(site, height="5")
    assert (plain.level, plain.needs_experts) == ("dangerous", False)
    assert (large.level, large.needs_experts) == ("large", True)
    assert large.item_rule == rule(WORK_ITEMS) and not large.item_rule.is_official
    assert "超过一定规模5以上" in large.scale_text
    with pytest.raises(ValidationError) as raised:
        siting.work(site, height=None)
    assert set(raised.value.error_dict) == {"height"}
    with pytest.raises(ValidationError) as raised:
        siting.work(site, item="别的")
    assert set(raised.value.error_dict) == {"item"}
    changed = records.update(plain, {"height": Decimal("5.5")}, site.actor("contractor"))
    assert changed.needs_experts


@pytest.mark.django_db
def test_the_whole_way(site):
    work = walk(site, siting.work(site), *WHOLE)
    assert work.status == "done" and work.accepted_on == timezone.localdate() and work.argued_on is None
    large = walk(site, siting.work(site, height="6"), "make", "review", "argue", "approve")
    assert (large.status, large.argued_on) == ("disclose", timezone.localdate())


@pytest.mark.django_db
def test_no_step_before_the_one_before_it(site):
    work = walk(site, siting.work(site), "make")
    for later in ("approve", "disclose", "check", "begin", "finish", "accept"):
        with pytest.raises(IllegalTransition):
            act(site, work, later)
    work = walk(site, work, "review_to_approve", "approve")
    with pytest.raises(ValidationError, match="交底尚未登记"):
        act(site, work, "disclose")
    siting.disclosure(site, work, attended=0)
    with pytest.raises(ValidationError, match="交底尚未登记"):
        act(site, work, "disclose")
    work = walk(site, work, "disclose")
    with pytest.raises(ValidationError, match="还有6条安全条件未核查"):
        act(site, work, "check")


@pytest.mark.django_db
def test_the_reviewer_is_not_the_maker_and_days_keep_their_order(site):
    work = walk(site, siting.work(site), "make")
    with pytest.raises(ValidationError) as raised:
        act(site, work, "review_to_approve", reviewer="甲")
    assert set(raised.value.error_dict) == {"reviewer"}
    with pytest.raises(ValidationError) as raised:
        act(site, work, "review_to_approve", reviewed_on=str(work.made_on - timedelta(days=1)))
    assert "早于方案编制日期" in str(raised.value)


@pytest.mark.django_db(transaction=True)
def test_an_overruling_is_told_above_at_once_and_waits_to_be_read(site):
    bureau = User.objects.get(pk=site.people["bureau_staff"].pk)
    work = walk(site, siting.work(site, height="6"), "make", "review")
    with pytest.raises(ValidationError, match="必填|不能为空|required|这个字段"):
        act(site, work, "overrule_argue", "owner", opinion="")
    with pytest.raises(NotAllowed):
        act(site, work, "overrule_argue", "contractor")
    work = act(site, work, "overrule_argue", "owner", opinion="汛期抢险")
    assert (work.status, work.argued_on, work.overruling_unseen) == ("approve", None, True)
    notice = Notice.objects.get(user=bureau, model="safety.dangerouswork", object_id=work.pk)
    assert notice.is_red and "汛期抢险" in notice.body
    # By a day of its own, before anything that waits for the next step.
    assert waiting_for(DangerousWork, bureau).get(pk=work.pk).wait_until == work.overruled_on < work.due_on
    [row] = [row for row in todo.page(bureau, 0, 50) if row["pk"] == work.pk]
    assert (row["deadline"], row["deadline_state"]) == (work.overruled_on, "soon")
    supervisor = User.objects.get(pk=site.people["supervisor"].pk)
    assert waiting_for(DangerousWork, supervisor).get(pk=work.pk).wait_until == work.due_on
    work = walk(site, work, "approve", "disclose", "check", "begin", "finish")
    assert [missing for t, missing in blocked(work, supervisor) if t.name == "accept"] == [
        ["越过步骤的理由尚待主管部门阅知。"]
    ]
    work = act(site, work, "acknowledge", "bureau_staff")
    assert not waiting_for(DangerousWork, bureau).filter(pk=work.pk).exists()
    assert "汛期抢险" in work.overrulings_text and work.overrulings_text.endswith("已阅）")
    assert act(site, work, "accept").status == "done"


@pytest.mark.django_db
def test_nobody_passes_over_scheme_approval_or_acceptance():
    names = set(DangerousWork.flow.by_name)
    assert {name for name in names if name.startswith("overrule_")} == {
        "overrule_argue",
        "overrule_disclose",
        "overrule_check",
    }


@pytest.mark.django_db
def test_a_changed_scheme_takes_the_whole_way_anew(site):
    work = walk(site, siting.work(site), *WHOLE[:6])
    work = act(site, work, "revise")
    assert work.status == "make"
    assert not any((work.made_on, work.approved_on, work.disclosed_on, work.checked_on, work.begun_on))
    assert set(work.clauses.values_list("round", flat=True)) == {1, 2}
    assert work.clauses.filter(round=2, status="open").count() == 6
    work = walk(site, work, "make", "review_to_approve", "approve")
    # The disclosure of the former scheme, of an earlier day, is not one of this.
    with safety.today_is(timezone.localdate() + timedelta(days=1)):
        work = act(site, act(site, work, "revise", role="contractor"), "make")
        work = walk(site, work, "review_to_approve", "approve")
        with pytest.raises(ValidationError, match="交底尚未登记"):
            act(site, work, "disclose")


@pytest.mark.django_db
def test_an_unmet_condition_bars_the_beginning_and_becomes_one_danger(site):
    work = walk(site, siting.work(site), "make", "review_to_approve", "approve", "disclose")
    siting.meet(site, work)
    row = work.clauses.get(code="TJ-2.5")
    row = act(site, row, "fail", "supervisor", opinion="无初始值")
    with pytest.raises(ValidationError, match="TJ-2.5"):
        act(site, work, "check")
    row = act(site, row, "raise", "supervisor", opinion="补测")
    assert row.danger.project == site.section.project and "监测方案" in row.danger.description
    with pytest.raises(IllegalTransition):
        act(site, row, "raise", "supervisor")
    # Met, and unmet again later: another case.
    first = row.danger_id
    with safety.today_is(timezone.localdate() + timedelta(days=3)):
        row = act(site, act(site, row, "meet", "supervisor"), "fail", "supervisor")
        row = act(site, row, "raise", "inspector")
    assert row.danger_id not in (None, first) and row.danger.source == "inspection"
    assert SiteClause.objects.filter(work=work).count() == 6


@pytest.mark.django_db
def test_work_does_not_begin_on_a_facility_that_is_not_tested(site):
    work = walk(site, siting.work(site), "make", "review_to_approve", "approve", "disclose", "check")
    facts = {"kind": "scaffold", "name": "支架", "calculated_by": "某院", "calculated_on": date(2024, 3, 4)}
    row = TemporaryFacility(section=site.section, work=work, **facts)
    facility = records.create(row, site.actor("contractor"))
    for kind in ("验算书", "验收记录", "荷载试验报告"):
        paper(facility, kind)
    with pytest.raises(ValidationError, match="设计荷载"):
        act(site, facility, "check_calculation", "supervisor")
    facility = records.update(facility, {"design_load": Decimal(1000)}, site.actor("contractor"))
    facility = act(site, facility, "check_calculation", "supervisor")
    facility = act(site, facility, "accept_erection", "supervisor")
    with pytest.raises(ValidationError, match="大型临时设施尚未验收"):
        act(site, work, "begin")
    with pytest.raises(ValidationError, match="1.10倍"):
        act(site, facility, "pass_test", "supervisor", test_load="1099.99")
    facility = act(site, facility, "pass_test", "supervisor", test_load="1100")
    assert (facility.status, facility.load_ratio) == ("in_use", Decimal("1.10"))
    assert act(site, work, "begin").status == "finish"


@pytest.mark.django_db
def test_a_facility_that_needs_no_test_is_used_once_accepted(site):
    facts = {"kind": "trestle", "name": "栈桥", "calculated_by": "某院", "calculated_on": date(2024, 3, 4)}
    facility = records.create(TemporaryFacility(section=site.section, **facts), site.actor("contractor"))
    for kind in ("验算书", "验收记录"):
        paper(facility, kind)
    facility = act(site, facility, "check_calculation", "supervisor")
    assert act(site, facility, "accept_for_use", "supervisor").status == "in_use"


@pytest.mark.django_db
def test_the_first_facility_is_a_model_once_its_owner_says_so(site):
    facts = {"name": "临边栏杆", "part": "2号墩", "points": "定型化"}
    first = records.create(FirstFacility(section=site.section, **facts), site.actor("contractor"))
    first = act(site, act(site, first, "accept", "supervisor"), "send_back", "owner")
    assert (first.status, first.accepted_on) == ("made", None)
    first = act(site, act(site, first, "accept", "supervisor"), "confirm", "owner")
    assert first.status == "model" and first.confirmed_on
    with pytest.raises(ValidationError, match="已有首件"):
        records.create(FirstFacility(section=site.section, **facts), site.actor("contractor"))


@pytest.mark.django_db
def test_the_figures_count_what_was_done_in_order(site):
    day = timezone.localdate()
    window = Window(year=day.year, as_of=day, first=day.year, last=day.year)
    walk(site, siting.work(site), *WHOLE[:6])
    large = walk(site, siting.work(site, height="6"), "make", "review")
    large = act(site, large, "overrule_argue", "owner")
    walk(site, large, "approve", "disclose", "check", "begin")
    walk(site, siting.work(site), "make")
    for code, counted, total in (
        ("works.in_order", 1, 2),
        ("works.argued", 0, 1),
        ("training.attended", 2, 2),
    ):
        members = find(code).members({}, window)
        assert members.queryset.filter(members.counted).count() == counted, code
        assert members.queryset.count() == total, code


@pytest.mark.django_db
def test_buttons_of_a_work_are_for_whoever_takes_the_step(site):
    work = walk(site, siting.work(site), "make", "review_to_approve")
    names = {
        role: {t.name for t in available(work, site.people[role])} for role in ("contractor", "supervisor")
    }
    assert names == {"contractor": set(), "supervisor": {"approve", "return_approve", "cancel"}}
