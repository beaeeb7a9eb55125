"""`manage.py load_plan`: everything the notice names is there, once, and what people change stays theirs."""

from collections import Counter
from copy import deepcopy
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from projects.loading import registry
from projects.models import Candidacy, Eligibility, Project, Scheme, Section
from projects.services import merge_projects, resolve_project
from supervision.flows import perform, records
from supervision.flows.history import verify_chains
from supervision.flows.models import Event
from supervision.people import history_guard
from supervision.people.models import District, Organization
from supervision.plan.models import Plan, Target, Task, TaskUnit
from supervision.rules import calendar

from .factories import COMMAND, change, organization, project, user

NUMBER = "宿交发〔2024〕69号"


@pytest.fixture(scope="class")
def loaded(django_db_setup, django_db_blocker):
    """The plan, loaded once for a class of tests; each works in a savepoint of its own."""
    with django_db_blocker.unblock():
        with transaction.atomic():
            call_command("load_plan", stdout=StringIO())
            yield
            transaction.set_rollback(True)
        calendar.forget()


@pytest.fixture
def plan(loaded, db):
    yield Plan.objects.get(number=NUMBER)
    calendar.forget()


def load_again() -> str:
    out = StringIO()
    call_command("load_plan", stdout=out)
    return out.getvalue()


class TestLoaded:
    def test_districts_and_authorities(self, plan):
        codes = dict(District.objects.values_list("name", "code"))
        assert codes == {
            "宿城区": "321302",
            "宿豫区": "321311",
            "沭阳县": "321322",
            "泗阳县": "321323",
            "泗洪县": "321324",
            "宿迁经济技术开发区": "",
            "湖滨新区": "",
            "苏州宿迁工业园区": "",
            "洋河新区": "",
        }
        assert District.objects.filter(is_zone=True).count() == 4
        kinds = Counter(Organization.objects.values_list("kind", flat=True))
        assert kinds == {
            "bureau": 1,
            "office": 6,
            "enforcement": 1,
            "centre": 3,
            "county": 5,
            "zone": 4,
            "group": 2,
        }
        assert calendar.known_year(2025)

    def test_the_21_targets(self, plan):
        targets = Target.objects.filter(plan=plan)
        assert targets.count() == 21
        assert Counter(targets.values_list("group", flat=True)) == {"quality": 6, "safety": 4, "award": 11}
        assert Counter(targets.values_list("kind", flat=True)) == {"ratio": 15, "count": 6}
        assert Counter(targets.values_list("by_year", flat=True)) == {None: 17, 2029: 4}
        coverage = targets.get(code="PZ-COUNTY-COVERAGE")
        assert (coverage.threshold, coverage.stretch, coverage.basis[:4]) == (90, None, "县区符合")
        province = targets.get(code="PZ-PROVINCE-COUNT")
        assert (province.threshold, province.stretch, province.period) == (2, 4, "yearly")
        for target in targets:
            target.full_clean()

    def test_the_28_tasks_and_their_units(self, plan):
        tasks = Task.objects.filter(plan=plan)
        assert tasks.count() == 28
        assert Counter(tasks.values_list("group", flat=True)) == {"safety": 9, "quality": 10, "integrity": 9}
        first = tasks.get(no="1.1")
        assert list(first.units.values_list("name", "organization__name")) == [
            ("局安全处", "宿迁市交通运输局应急安全处"),
            ("局建管处", "宿迁市交通运输局建管处"),
            ("各县（区）交通运输局", None),
            ("市铁路中心", "宿迁市铁路事业发展中心"),
            ("市公路中心", "宿迁市公路事业发展中心"),
            ("市港航中心", "宿迁市港航事业发展中心"),
            ("市港口集团", "宿迁市港口集团"),
            ("市高铁公司", "宿迁市高铁公司"),
            ("各工程参建单位", None),
        ]
        unresolved = set(TaskUnit.objects.filter(organization=None).values_list("name", flat=True))
        assert unresolved == {"各县（区）交通运输局", "各工程参建单位"}

    def test_the_13_schemes(self, plan):
        assert Scheme.objects.count() == 13
        assert set(Scheme.objects.filter(unit="section").values_list("code", flat=True)) == {
            "PAGD-CITY",
            "PAGD-PROV",
        }
        assert set(Scheme.objects.filter(has_listing=True).values_list("code", flat=True)) == {
            "PZ-CITY",
            "PZ-PROV",
            "PZ-MIN",
            "XYB",
            "SYJ",
        }
        assert list(Scheme.objects.filter(graded=True).values_list("code", flat=True)) == ["PAGD-CITY"]
        for scheme in Scheme.objects.all():
            assert scheme.listing_materials and scheme.review_materials and not scheme.window_from
            assert NUMBER in scheme.source_label and "本系统设定" in scheme.source_label

    def test_the_26_projects_and_their_spellings(self, plan):
        assert Project.objects.count() == 26
        lists = registry.read_plan()["named_candidacies"]
        assert {resolve_project(name).pk for entry in lists for name in entry["projects"]} == set(
            Project.objects.values_list("pk", flat=True)
        )
        waterway = Project.objects.get(name="宿连航道二期")
        for written in ("宿连航道2期", "宿连航道二期", "宿连航道", "宿连航道 第2期", " 宿连航道（二期）"[:5]):
            assert resolve_project(written) == waterway
        assert resolve_project("267省道泗阳段").name == "267省道泗阳段改扩建工程"
        assert resolve_project("迎宾大道二期") != resolve_project("迎宾大道改造工程")
        # Nothing that the notice does not say.
        for row in Project.objects.all():
            assert row.provenance == NUMBER
            assert (row.level, row.district, row.owner, row.start_on) == ("", None, None, None)
        assert Eligibility.objects.count() == 0

    def test_the_named_candidacies(self, plan):
        assert Counter(Candidacy.objects.values_list("scheme__code", "year", "stage")) == {
            ("PZ-CITY", 2024, "listing"): 11,
            ("PZ-PROV", 2024, "listing"): 4,
            ("PZ-MIN", 2026, "listing"): 3,
            ("PAGC-CITY", 2024, "creation"): 10,
            ("PAGD-CITY", 2024, "creation"): 19,
            ("PAGC-PROV", 2024, "creation"): 7,
            ("PAGD-PROV", 2024, "creation"): 16,
            ("XYB", 2024, "listing"): 4,
            ("XYB", 2024, "review"): 7,
            ("SYJ", 2024, "listing"): 3,
            ("SYJ", 2025, "listing"): 3,
            ("SYJ", 2025, "review"): 3,
            ("YZB", 2024, "review"): 1,
            ("YZB", 2025, "review"): 3,
        }
        assert set(Candidacy.objects.values_list("status", flat=True)) == {"planned"}
        assert all(row.provenance.startswith(NUMBER) for row in Candidacy.objects.all())

    def test_placeholder_sections_are_marked_and_editable(self, plan):
        assert Section.objects.filter(is_placeholder=True).count() == Section.objects.count() == 19
        several = Section.objects.filter(project__candidacies__scheme__code="PAGC-PROV").distinct()
        assert several.count() == 16 and {row.project_id for row in several} == set(
            Candidacy.objects.filter(scheme__code="PAGC-PROV").values_list("project_id", flat=True)
        )
        assert all("未说明" in row.remark for row in several)
        assert change(several[0], code="SG-1", is_placeholder=False).code == "SG-1"

    def test_history_is_whole(self, plan):
        assert list(verify_chains()) == []
        assert not Event.objects.exclude(source="command").exists()

    def test_a_second_run_changes_nothing(self, plan):
        events = Event.objects.count()
        assert "没有新内容" in load_again()
        assert Event.objects.count() == events

    def test_what_people_did_since_stays(self, plan):
        waterway = resolve_project("宿连航道")
        change(waterway, name="宿连航道二期整治工程", aliases=[], mode="")
        change(Organization.objects.get(short_name="市公路中心"), name="宿迁市公路中心", short_name="")
        change(Target.objects.get(code="XY-AWARD"), threshold=70)
        change(Scheme.objects.get(code="XYB"), name="项羽杯优质工程奖", listing_materials=["申报表"])
        section = Section.objects.filter(project=waterway).first()
        change(section, code="SG-1", is_placeholder=False)
        gone = Candidacy.objects.filter(scheme__code="YZB", year=2024).get()
        records.delete(gone, COMMAND, reason="误列")
        withdrawn = Candidacy.objects.filter(scheme__code="SYJ", year=2025).first()
        actor = type(COMMAND).of(user(), "page")
        perform.perform(withdrawn, "withdraw", actor, {"opinion": "不再申报"})
        merge_projects(resolve_project("桃源大桥"), project(name="桃源大桥及接线"), actor, "同一项目")

        events = Event.objects.count()
        assert "没有新内容" in load_again()
        assert Event.objects.count() == events
        assert Project.objects.get(pk=waterway.pk).name == "宿连航道二期整治工程"
        assert Target.objects.get(code="XY-AWARD").threshold == 70
        assert not Candidacy.objects.filter(scheme__code="YZB", year=2024).exists()
        assert list(verify_chains()) == []

    def test_tasks_have_a_leading_office_and_facts_also_where_they_were_entered_before(self, plan):
        tasks = {task.no: task for task in Task.objects.select_related("lead")}
        assert len(tasks) == 28 and sum(task.lead is not None for task in tasks.values()) == 15
        assert tasks["1.2"].lead.short_name == "市执法支队" and tasks["1.3"].lead is None
        assert "danger.found" in tasks["1.8"].facts and "排查治理安全隐患" in tasks["1.8"].fact_labels

        def as_before(no: str) -> None:
            with history_guard.writer():
                Task._base_manager.filter(no=no).update(lead=None, facts=[])

        # One that nobody touched is completed, once; one that somebody changed stays theirs.
        as_before("1.1")
        changed = records.update(Task.objects.get(no="1.2"), {"due": "2026年底"}, COMMAND)
        as_before("1.2")
        call_command("load_plan", verbosity=0)
        assert Task.objects.get(no="1.1").lead.short_name == "局应急安全处"
        assert Task.objects.get(no="1.2").version == changed.version and not Task.objects.get(no="1.2").facts


@pytest.mark.django_db
def test_records_that_were_there_before_are_taken_as_they_are():
    office = organization("bureau", name="交通运输局", aliases=["宿迁市交通运输局"])
    old = project(name="宿连航道2期", aliases=["航道整治"], mode="waterway")
    call_command("load_plan", stdout=StringIO())
    calendar.forget()
    assert Project.objects.count() == 26 and resolve_project("宿连航道") is None
    assert resolve_project("宿连航道二期") == old
    assert old.candidacies.count() == 12
    assert Organization.objects.get(name="宿迁市交通运输局建管处").parent == office
    assert "没有新内容" in load_again()
    calendar.forget()


# ------------------------------------------------------------------------------------- data that contradict themselves


def bad(change_data) -> str:
    data = deepcopy(registry.read_plan())
    change_data(data)
    with pytest.raises(registry.BadData) as refused:
        registry.check_plan(data)
    return str(refused.value)


def test_a_list_that_differs_from_its_count_is_refused():
    said = bad(lambda data: data["named_candidacies"][0]["projects"].pop())
    assert "2024年市级品质工程挂牌" in said and "载明11个项目，实列10个" in said


def test_two_spellings_of_one_project_count_once():
    def twice(data):
        data["named_candidacies"][1]["projects"][1] = "宿连航道2期"

    assert "载明4个项目" in bad(twice)


def test_sections_that_do_not_add_up_are_refused():
    assert "载明16个" in bad(lambda data: data["placeholder_sections"][0]["sections"].pop("酒都路"))
    said = bad(lambda data: data["named_candidacies"][3].update(stated_sections=20))
    assert "载明20个标段，占位标段共19个" in said


def test_unknown_and_idle_projects_are_refused():
    assert "不存在的路" in bad(lambda data: data["named_candidacies"][2]["projects"].append("不存在的路"))
    assert "闲置项目" in bad(lambda data: data["projects"].append({"name": "闲置项目"}))
    twin = {"name": "另一航道", "aliases": ["宿连航道2期"]}
    assert "名称或别名相同" in bad(lambda data: data["projects"].append(twin))


@pytest.mark.django_db
def test_a_refused_load_writes_nothing(monkeypatch):
    data = deepcopy(registry.read_plan())
    data["targets"][-1]["indicator"] = "no.such"
    monkeypatch.setattr(registry, "read_plan", lambda: data)
    with pytest.raises(CommandError, match="目标“关键技术研究部省级奖项数”不能载入"):
        call_command("load_plan", stdout=StringIO())
    calendar.forget()
    assert not Event.objects.exists() and not District.objects.exists()
