"""The tree of works: its shape, the rounds at its nodes, and what rolls up from them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quality.division import rolling, statistics, templates
from quality.models import Division, Evaluation, Measurement, QualityDefect, Standing
from quality.models.division import PARENTS, Kind
from supervision.flows import history, records
from supervision.flows.perform import missing_for, perform
from supervision.jobs.services import run_now
from supervision.ledgers import natural
from supervision.people.models import User

from . import dividing, factories, sheets
from .dividing import begin, judged, measure, node, result, tree
from .factories import COMMAND

pytestmark = pytest.mark.django_db


@pytest.fixture
def section():
    return factories.section()


def standing(of: Division) -> Standing:
    return Standing.objects.get(pk=of.pk)


# ------------------------------------------------------------------------------------------------------ shape


def test_paths_lead_from_the_root(section):
    unit, [[part, item]] = tree(section, items=1)
    assert (unit.path, part.path) == (f"{unit.pk}/", f"{unit.pk}/{part.pk}/")
    assert item.path == f"{unit.pk}/{part.pk}/{item.pk}/"
    assert item.above() == [unit.pk, part.pk]
    assert (item.parent, item.works) == (part, "bridge")


@pytest.mark.parametrize("kind", list(Kind))
def test_a_kind_hangs_only_where_it_belongs(section, kind):
    unit = node(section, "U")
    sub_unit = node(section, "SU", unit, "sub_unit")
    part = node(section, "P", sub_unit, "part")
    sub_part = node(section, "SP", part, "sub_part")
    item = node(section, "I", sub_part, "item")
    for at, parent in enumerate((unit, sub_unit, part, sub_part, item)):
        if parent.kind in PARENTS[kind]:
            assert node(section, f"N{at}", parent, kind).parent == parent
        else:
            with pytest.raises(ValidationError) as raised:
                node(section, f"N{at}", parent, kind)
            assert "parent_code" in raised.value.message_dict


def test_a_parent_that_is_not_there(section):
    other = node(factories.section(), "ELSEWHERE")
    with pytest.raises(ValidationError, match="没有编号为“ELSEWHERE”的上级"):
        node(section, "P", other, "part")
    assert not Division.objects.filter(section=section).exists()


def test_a_moved_part_takes_everything_below_along(section):
    first, [[part, item]] = tree(section, items=1)
    second, [[other, done]] = tree(section, items=1)
    judged(item, good=False)
    assert (result(first), result(second)) == ("fail", "open")
    part = records.update(part, {"parent_code": second.code}, COMMAND)
    item.refresh_from_db()
    assert item.path == f"{second.pk}/{part.pk}/{item.pk}/"
    assert (result(first), result(second)) == ("open", "fail")
    assert (standing(first).items, standing(second).items, standing(second).failed) == (0, 2, 1)
    assert not list(history.verify_chains("quality.division"))


def test_a_node_is_not_moved_to_other_works_or_below_itself(section):
    unit, [[part, item]] = tree(section, items=1)
    road = node(section, "ROAD", works="roadbed")
    with pytest.raises(ValidationError, match="不能移到另一类工程之下"):
        records.update(part, {"parent_code": road.code}, COMMAND)
    with pytest.raises(ValidationError, match="分部工程的上级应是"):
        records.update(part, {"parent_code": item.code}, COMMAND)


def test_only_what_was_never_evaluated_is_dropped(section):
    unit, [[part, bad, spare]] = tree(section, items=2)
    judged(bad, good=False)
    _, supervisor = dividing.people(section)
    assert missing_for(bad, Division.flow.by_name["drop"]) == ["已有质量评定，不能取消。"]
    assert missing_for(part, Division.flow.by_name["drop"]) == ["还有下级，请先取消各下级。"]
    perform(spare, "drop", supervisor, {"opinion": "设计变更取消"})
    assert (standing(part).items, result(unit)) == (1, "fail")
    with pytest.raises(ValidationError, match="已取消"):
        begin(Division.objects.get(pk=spare.pk))


def test_a_node_is_found_by_project_section_and_code():
    spaced = factories.section(factories.project(name="大 桥"), code="A 1")
    one = node(spaced, "L 1")
    node(factories.section(), "L 1")
    texts = ["大 桥 A 1 L 1", "大 桥 A 1 L 2", "L 1", ""]
    assert natural.find(Division.objects.all(), texts) == {"大 桥 A 1 L 1": [one.pk]}


# ------------------------------------------------------------------------------------------- a failed round


def test_a_failed_round_starts_one_defect_until_it_is_put_right(section):
    _, [[_, item]] = tree(section, items=1)
    first = judged(item, good=False)
    defect = QualityDefect.objects.get()
    assert (defect.source, defect.category) == ("acceptance", "检验评定不合格")
    assert (defect.section, defect.responsible_unit) == (section, first.unit)
    assert first.number in defect.description and "66.7%（2/3），低于 95%" in defect.description
    # Put right, and failed again: the same defect.
    judged(item, good=False, repair="凿除重浇")
    assert QualityDefect.objects.count() == 1
    assert QualityDefect.flow.by_name["dismiss"].guard(defect) != []
    judged(item, good=True, repair="再次处理")
    assert QualityDefect.flow.by_name["dismiss"].guard(defect) == []
    # One that was closed does not stand for a later failure.
    dividing.put(defect, status="closed")
    again = judged(item, good=False, repair="抽检复测")
    assert QualityDefect.objects.filter(source_id=again.pk, status="reported").count() == 1
    assert QualityDefect.objects.count() == 2


def test_the_round_and_its_defect_lead_to_each_other(section):
    _, [[_, item]] = tree(section, items=1)
    failed = judged(item, good=False)
    contractor, _ = dividing.people(section)
    client = client_of(contractor.user)
    defect = QualityDefect.objects.get()
    assert f"/quality-defects/{defect.pk}/" in client.get(f"/evaluations/{failed.pk}/").content.decode()
    assert f"/evaluations/{failed.pk}/" in client.get(f"/quality-defects/{defect.pk}/").content.decode()


# -------------------------------------------------------------------------------------------------- rolling up


def test_a_tree_passes_from_its_leaves_to_its_root(section):
    unit, [[part, one, two]] = tree(section)
    judged(one)
    judged(two)
    assert (result(one), result(part), result(unit)) == ("pass", "open", "open")
    judged(part)  # its own appearance and documents
    assert (result(part), result(unit)) == ("pass", "open")
    judged(unit)
    assert result(unit) == "pass"
    whole = standing(unit)
    assert (whole.items, whole.passed, whole.failed, whole.points, whole.good) == (2, 2, 0, 6, 6)


def test_failed_repaired_and_passed_keeps_both_rounds(section):
    unit, [[part, item]] = tree(section, items=1)
    first = judged(item, good=False)
    assert (first.result, first.round, result(unit)) == ("fail", 1, "fail")
    assert first.reasons == ["关键项目“断面尺寸”合格率 66.7%（2/3），低于 95%"]
    contractor, supervisor = dividing.people(section)
    with pytest.raises(ValidationError) as raised:
        begin(item, contractor)
    assert "repair" in raised.value.message_dict
    second = begin(item, contractor, repair="凿除重浇")
    # What was measured is asked again, without the old values.
    (row,) = second.measurements.all()
    assert (row.name, row.upper, row.values, row.is_key) == ("断面尺寸", Decimal(5), "", True)
    assert missing_for(second, Evaluation.flow.by_name["submit"]) == ["“断面尺寸”还没有实测值。"]
    records.update(row, {"values": "1 2 3"}, contractor)
    second = perform(
        perform(second, "submit", contractor, {}),
        "judge",
        supervisor,
        {"appearance": "good", "documents": "complete"},
    )
    assert (second.result, second.round, second.good) == ("pass", 2, 3)
    first.refresh_from_db()
    assert (first.result, first.points, first.good) == ("fail", 3, 2)
    assert (result(item), result(unit)) == ("pass", "open")


def test_while_a_failed_item_is_measured_again_it_stays_failed(section):
    unit, [[part, item]] = tree(section, items=1)
    judged(item, good=False)
    begin(item, repair="返工")
    assert (result(item), result(unit)) == ("fail", "fail")
    with pytest.raises(ValidationError, match="正在进行"):
        begin(item, repair="返工")


def test_a_node_added_to_a_passed_tree_takes_its_pass_at_once(section, django_capture_on_commit_callbacks):
    unit, [[part, item]] = tree(section, items=1)
    for one in (item, part, unit):
        judged(one)
    assert result(unit) == "pass"
    with django_capture_on_commit_callbacks(execute=True) as called:
        added = node(section, "NEW", part)
        assert (result(part), result(unit)) == ("open", "open")
        assert standing(unit).stale
    assert len(called) >= 1
    whole = standing(unit)
    assert (whole.stale, whole.items, whole.passed, whole.result) == (False, 2, 1, "open")
    judged(added)
    assert result(unit) == "pass"


def test_appearance_of_the_whole_decides_too(section):
    unit, [[part, item]] = tree(section, items=1)
    judged(item)
    judged(part, good=False)
    assert (result(item), result(part), result(unit)) == ("pass", "fail", "fail")


def test_a_tree_without_items_never_passes(section):
    unit = node(section, "U")
    judged(unit)
    assert result(unit) == "open"


def test_figures_cannot_be_changed_once_submitted(section):
    _, [[part, item]] = tree(section, items=1)
    contractor, _ = dividing.people(section)
    evaluation = begin(item, contractor)
    row = measure(evaluation, "1 2 9")
    perform(evaluation, "submit", contractor, {})
    with pytest.raises(ValidationError, match="实测数据不能再改"):
        records.update(Measurement.objects.get(pk=row.pk), {"values": "1 2 3"}, COMMAND)
    with pytest.raises(ValidationError, match="实测数据不能再改"):
        measure(Evaluation.objects.get(pk=evaluation.pk), "1", name="又一项")


KINDS = st.sampled_from(["pass", "fail", "", "fail pass", "pass fail"])


@given(st.lists(st.lists(KINDS, max_size=3), min_size=1, max_size=3), st.tuples(KINDS, KINDS))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_failed_or_open_leaf_is_never_a_passed_root(section, shape, own):
    """Any tree with any outcomes, entered one after another, equals the plain rule, and so does counting anew."""
    number = next(dividing._numbers)
    unit = node(section, f"H{number}")
    expected_parts = []

    def enter(of, outcomes):
        for at, outcome in enumerate(outcomes.split(), 1):
            made = records.create(Evaluation(division=of, repair="返工"), COMMAND)
            made = dividing.put(made, status="judged", result=outcome, points=3, good=2, round=at)
            rolling.judged(made)
        return (outcomes.split() or [""])[-1]

    for p, leaves in enumerate(shape):
        part = node(section, f"H{number}-{p}", unit)
        last = [enter(node(section, f"H{number}-{p}-{i}", part), leaf) for i, leaf in enumerate(leaves)]
        mine = enter(part, own[0])
        failed = "fail" in last or mine == "fail"
        passed = bool(last) and set(last) == {"pass"} and mine == "pass"
        expected_parts.append("fail" if failed else "pass" if passed else "open")
        assert result(part) == expected_parts[-1]
    mine = enter(unit, own[1])
    failed = "fail" in expected_parts or mine == "fail"
    passed = set(expected_parts) == {"pass"} and mine == "pass"
    expected = "fail" if failed else "pass" if passed else "open"
    for count in (lambda: None, lambda: rolling.roll_up(section.pk)):
        count()
        assert result(unit) == expected
        leaves = Division.objects.filter(path__startswith=unit.path, kind="item").select_related("standing")
        if result(unit) == "pass":
            assert {leaf.standing.result for leaf in leaves} == {"pass"}
    assert standing(unit).items == len(leaves)


def test_rolling_up_takes_a_statement_a_level(section):
    tree(section, parts=1, items=1)
    with CaptureQueriesContext(connection) as few:
        rolling.roll_up(section.pk)
    for _ in range(3):
        tree(section, parts=4, items=6)
    with CaptureQueriesContext(connection) as many:
        rolling.roll_up(section.pk)
    assert len(many.captured_queries) == len(few.captured_queries)


def test_the_job_counts_anew_and_says_how_far_it_is(section):
    unit, [[part, item]] = tree(section, items=1)
    for one in (item, part, unit):
        judged(one)
    Standing.objects.filter(division__section=section).update(result="open", items=0, passed=0, stale=True)
    run = run_now("roll_up_divisions", {"section": section.pk})
    assert run.result == {"units": 1, "passed": 1, "failed": 0, "nodes": 3}
    assert (run.done, run.total) == (5, 5)
    assert (result(unit), standing(unit).stale) == ("pass", False)
    Standing.objects.filter(pk=unit.pk).update(stale=True)
    assert run_now("roll_up_divisions", {}).result == {"sections": 1}
    assert not standing(unit).stale


def test_a_standing_changed_behind_the_portals_back_is_found(section):
    _, [[part, item]] = tree(section, items=1)
    judged(item, good=False)
    assert not list(rolling.differing())
    Standing.objects.filter(pk=item.pk).update(result="pass")
    (breach,) = rolling.differing()
    assert (breach.object_id, breach.model) == (item.pk, "quality.division")


# ------------------------------------------------------------------------------------ templates, sheets, pages


def test_a_unit_from_its_template(section):
    made = templates.lay_out(section, "roadbed", "LJ-01", "K0+000-K10+000", COMMAND)
    parts = templates.template("roadbed")["parts"]
    assert len(made) == 1 + len(parts) + sum(len(part["items"]) for part in parts)
    item = Division.objects.get(section=section, code="LJ-01-01-01")
    assert (item.name, item.parent.name, item.works) == ("土方路基", "路基土石方工程", "roadbed")
    evaluation = begin(item)
    key = evaluation.measurements.get(name="压实度")
    assert (key.is_key, key.lower, key.extreme_lower) == (True, Decimal(96), Decimal(91))
    with pytest.raises(ValidationError):
        templates.lay_out(section, "roadbed", "LJ-01", "又一个", COMMAND)


def sheet_of(section, path, rows):
    """A workbook of nodes (code, code above, kind), the units being bridges."""
    name = f"{section.project.name} {section.code}"
    head = ["标段", "编号", "上级编号", "层级", "名称", "工程类别"]
    works = {"单位工程": "桥梁工程"}
    body = [[name, code, above, kind, f"工程{code}", works.get(kind, "")] for code, above, kind in rows]
    return sheets.saved(sheets.book([head, *body]), path)


def test_a_tree_from_a_sheet_with_parents_named_by_their_codes(section, tmp_path):
    rows = [["QL", "", "单位工程"], ["QL-01", "QL", "分部工程"], ["QL-01-01", "QL-01", "分项工程"]]
    path = sheet_of(section, tmp_path / "tree.xlsx", rows)
    assert sheets.command("import_sheet", "divisions", str(path))[0] == 0
    item = Division.objects.get(section=section, code="QL-01-01")
    assert [one.code for one in Division.objects.filter(pk__in=item.above()).order_by("path")] == [
        "QL",
        "QL-01",
    ]
    assert item.works == "bridge"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([["P", "", "分部工程"]], "须填写上级编号"),
        ([["P", "X", "分部工程"]], "都没有编号为“X”的上级"),
        ([["P", "U", "分部工程"], ["U", "", "单位工程"]], "上级“U”在第 3 行，请移到本行之前"),
        ([["U", "", "单位工程"], ["I", "U", "分项工程"]], "分项工程的上级应是"),
        ([["U", "", "单位工程"], ["U", "", "单位工程"]], "重复"),
        ([["U", "U", "单位工程"]], "单位工程没有上级"),
    ],
)
def test_a_faulty_sheet_names_its_row_and_writes_nothing(section, tmp_path, rows, said):
    path = sheet_of(section, tmp_path / "tree.xlsx", rows)
    _, staged = sheets.check(path, "divisions")
    assert said in "；".join(message for _, _, message in sheets.problems(staged))
    assert sheets.command("import_sheet", "divisions", str(path))[0] != 0
    assert not Division.objects.filter(section=section).exists()


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_the_tree_page_takes_the_same_queries_for_any_tree(section):
    client = client_of(factories.user("bureau_staff"))
    unit, _ = tree(section, parts=1, items=1)
    url = f"/sections/{section.pk}/division/"

    def queries(address):
        with CaptureQueriesContext(connection) as caught:
            answer = client.get(address)
        assert answer.status_code == 200
        return len(caught.captured_queries), answer.content.decode()

    queries(url)
    few, below = queries(url)[0], queries(f"{url}?node={unit.pk}")[0]
    for _ in range(3):
        tree(section, parts=3, items=3)
    assert queries(url)[0] == few
    count, text = queries(f"{url}?node={unit.pk}")
    assert count == below and f"工程{unit.code}-0" in text
    assert client.get(f"{url}?node=999999").status_code == 404


def test_the_tree_of_a_section_one_does_not_see(section):
    stranger = client_of(factories.user("contractor"))
    for address in ("", "template/", "roll-up/"):
        url = f"/sections/{section.pk}/division/{address}"
        answer = stranger.post(url) if address else stranger.get(url)
        assert answer.status_code == 404
    reader = client_of(factories.user("bureau_staff"))
    data = {"works": "bridge", "code": "QL", "name": "桥"}
    assert reader.post(f"/sections/{section.pk}/division/template/", data).status_code == 403
    contractor, _ = dividing.people(section)
    made = client_of(contractor.user).post(f"/sections/{section.pk}/division/template/", data)
    assert made.status_code == 302 and Division.objects.filter(section=section, code="QL").exists()


def test_figures_by_section_and_month(section):
    _, [[part, one, two]] = tree(section)
    judged(one)
    judged(two, good=False)
    judged(two, repair="返工")
    user = factories.user("bureau_staff")
    day = Evaluation.objects.values_list("judged_on", flat=True)[0]
    for by, label in (("section", f"{section.project.name} {section.code}"), ("month", f"{day:%Y-%m}")):
        (row,) = statistics.table(user, day, day, by).rows
        assert row.label == label
        assert row.cells[:8] == ("2", "1", "50.0%", "3", "1", "9", "8", "88.9%")
    stranger = factories.user("contractor")
    assert statistics.table(stranger, day, day, "section").rows == ()
    assert client_of(user).get("/evaluations/figures/?by=unit").status_code == 200
    assert client_of(user).get("/evaluations/figures/?first=2026-13-01").status_code == 400


def test_first_pass_counts_first_rounds_only(section):
    from supervision.plan.indicators import Window, find
    from supervision.plan.indicators import measure as measured_members

    _, [[part, one, two]] = tree(section)
    judged(one)
    judged(two, good=False)
    judged(two, repair="返工")
    day = Evaluation.objects.values_list("judged_on", flat=True)[0]
    window = Window(day.year, day, day.year, day.year)
    groups = measured_members(find("evaluation.first_pass").members({}, window))
    assert {group.standing: len(group.ids) for group in groups} == {"counted": 1, "decided": 1}
    groups = measured_members(find("evaluation.first_pass").members({"works": "tunnel"}, window))
    assert groups == []
