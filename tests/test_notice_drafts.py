"""A notice pasted or uploaded, corrected, and adopted as a plan."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from zipfile import ZipFile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from projects.models import Candidacy
from supervision.flows.errors import IllegalTransition, LostRace
from supervision.flows.history import verify_chains
from supervision.flows.models import Event
from supervision.people.models import Organization, Role
from supervision.plan import adopting, drafting
from supervision.plan.models import NoticeDraft, NoticeItem, Plan, Target, Task, TaskUnit

from . import notice_papers
from .factories import COMMAND, change, organization, project, scheme, user
from .notice_scores import FOLDER

pytestmark = pytest.mark.django_db
CLASSIC = (FOLDER / "classic.txt").read_text(encoding="utf-8")


def read(text: str = CLASSIC) -> NoticeDraft:
    return drafting.draft_from(drafting.pasted(text), COMMAND)[0]


def item(draft: NoticeDraft, kind: str, title: str) -> NoticeItem:
    return draft.items.select_related("draft", "like").get(kind=kind, title__contains=title)


@pytest.fixture
def registry():
    made = {
        name: organization(
            "centre", name=f"淮川市{name}事业发展中心", short_name=f"市{name}中心", sector=sector
        )
        for name, sector in (("铁路", "railway"), ("公路", "highway"), ("港航", "waterway"))
    }
    made["建管"] = organization("office", name="淮川市交通运输局建设管理处", short_name="局建管处")
    return made


class TestDraft:
    def test_units_are_resolved_by_what_they_are_short_for(self, registry):
        names = {name.name: name for name in item(read(), "task", "强化应急处置").names.all()}
        assert {name: row.organization and row.organization.short_name for name, row in names.items()} == {
            "市执法支队": None,
            "市铁路中心": "市铁路中心",
            "公路中心": "市公路中心",
            "港航中心": "市港航中心",
        }
        assert names["公路中心"].note == "按“市公路中心”对应"
        assert names["市执法支队"].note == "单位库中没有这一名称或别名"
        assert names["市铁路中心"].role == "assist" and names["市执法支队"].role == "lead"

    def test_an_abbreviation_of_two_units_is_left_open(self, registry):
        # Both “市公路中心” and “局公路中心” would fit; the first that is in the register counts, two of one name never.
        twin = organization("contractor", name="港航工程公司")
        Organization.objects.filter(pk=twin.pk)
        draft = read(
            "一、重点任务\n（一）做好甲事。落实到位。（责任单位：各县区交通运输局、不存在的中心）\n"
            "（二）做好乙事。落实到位。（责任单位：港航工程公司）"
        )
        first, second = draft.items.filter(kind="task")
        generic, unknown = first.names.all()
        assert generic.generic and generic.known and not generic.organization
        assert not unknown.known
        assert second.names.get().organization == twin

    def test_the_same_text_is_read_once(self):
        first, new = drafting.draft_from(drafting.pasted(CLASSIC), COMMAND)
        again, new_again = drafting.draft_from(drafting.pasted(CLASSIC), COMMAND)
        assert (new, new_again) == (True, False) and first.pk == again.pk
        assert NoticeDraft.objects.count() == 1

    def test_every_paragraph_is_in_an_item(self):
        draft = read()
        everything = "".join(draft.items.values_list("source", flat=True))
        for line in draft.text.split("\n"):
            assert line.strip() in everything

    def test_what_is_looked_up_does_not_grow_with_the_notice(self, registry):
        def asked(text: str) -> int:
            with CaptureQueriesContext(connection) as kept:
                read(text)
            return sum(query["sql"].startswith("SELECT") for query in kept.captured_queries)

        longer = (
            CLASSIC
            + "\n六、更多任务\n"
            + "\n".join(
                f"（{n}）第{n}件事。要做好。（责任单位：局建管处、市公路中心、各县局）" for n in range(1, 120)
            )
        )
        assert asked(CLASSIC) <= 30
        assert asked(longer) <= 40
        assert NoticeItem.objects.filter(kind="task").count() > 120


class TestAdopting:
    def test_accepted_items_become_the_plan(self, registry):
        draft = read()
        task = item(draft, "task", "压实安全责任")
        target = item(draft, "target", "部级品质工程")
        zero = item(draft, "target", "零死亡")
        change(zero, period="yearly", unresolved=False)
        zero.refresh_from_db()
        # Who leads by the notice, and is registered, leads the task.
        change(task.names.get(name="建管处"), role="lead")
        for one in (task, target, zero):
            adopting.decide(one, "accepted", COMMAND)
        done = adopting.adopt(draft, COMMAND)
        plan = Plan.objects.get(number="淮交发〔2025〕18号")
        assert done.plan == plan and (plan.year_from, plan.year_to) == (2025, 2027)
        assert plan.issued_on == date(2025, 3, 12) and plan.issuer == "淮川市交通运输局"
        made = Task.objects.get(plan=plan)
        assert (made.no, made.title, made.group) == ("1.1", "压实安全责任", "safety")
        assert made.lead.short_name == "局建管处"
        units = list(TaskUnit.objects.filter(task=made).values_list("name", "organization__short_name"))
        assert units == [
            ("局安全处", None),
            ("建管处", "局建管处"),
            ("市公路中心", "市公路中心"),
            ("港航中心", "市港航中心"),
            ("各县（区）交通运输局", None),
        ]
        targets = {row.name: row for row in Target.objects.filter(plan=plan)}
        reached = targets["建成部级品质工程项目"]
        assert (reached.threshold, reached.period, reached.by_year, reached.indicator) == (
            1,
            "by_year",
            2027,
            "",
        )
        assert targets["在建项目零死亡"].threshold_text == "≤0 起"
        assert not list(verify_chains())

    def test_adopting_again_adds_nothing_and_later_items_join_the_same_plan(self):
        draft = read()
        adopting.decide(item(draft, "task", "压实安全责任"), "accepted", COMMAND)
        first = adopting.adopt(draft, COMMAND)
        draft.refresh_from_db()
        again = adopting.adopt(draft, COMMAND)
        assert first.plan == again.plan and not sum(again.made.values())
        adopting.decide(item(draft, "task", "强化应急处置"), "accepted", COMMAND)
        draft.refresh_from_db()
        assert adopting.adopt(draft, COMMAND).plan == first.plan
        assert sorted(Task.objects.values_list("no", flat=True)) == ["1.1", "1.2"]
        assert Plan.objects.count() == 1

    def test_nothing_is_written_when_one_item_cannot_be_entered(self):
        draft = read()
        plan = Plan(title="已有", number=draft.number, year_from=2025, year_to=2027)
        from supervision.flows import records

        records.create(plan, COMMAND)
        records.create(Task(plan=plan, no="1.2", title="占了这个序号", group="other"), COMMAND)
        adopting.decide(item(draft, "task", "压实安全责任"), "accepted", COMMAND)
        adopting.decide(item(draft, "task", "强化应急处置"), "accepted", COMMAND)
        with pytest.raises(Exception, match="该计划已有同一序号的任务"):
            adopting.adopt(draft, COMMAND)
        assert Task.objects.count() == 1
        assert not NoticeItem.objects.filter(adopted=True).exists()
        draft.refresh_from_db()
        assert draft.plan is None

    def test_of_two_people_at_once_one_adopts(self):
        draft = read()
        adopting.decide(item(draft, "task", "压实安全责任"), "accepted", COMMAND)
        mine, theirs = NoticeDraft.objects.get(), NoticeDraft.objects.get()
        adopting.adopt(mine, COMMAND)
        adopting.decide(item(draft, "task", "强化应急处置"), "accepted", COMMAND)
        with pytest.raises(LostRace):
            adopting.adopt(theirs, COMMAND)

    def test_a_target_without_year_waits_for_a_person(self):
        draft = read()
        open_one = item(draft, "target", "参与覆盖率")
        assert open_one.unresolved and "原文未写年份" in open_one.issue
        with pytest.raises(Exception, match="请选择考核周期"):
            adopting.decide(open_one, "accepted", COMMAND)
        assert adopting.accept_read(draft, COMMAND) > 0
        open_one.refresh_from_db()
        assert open_one.state == "pending"

    def test_targets_without_a_year_may_be_settled_at_once_but_nothing_else_of_them(self):
        draft = read(CLASSIC + "\n六、补充目标\n（一）投诉量下降10%。")
        change_only = item(draft, "target", "投诉量")
        assert change_only.unresolved and change_only.issue.startswith("是增减幅度")
        assert adopting.all_yearly(draft, COMMAND) >= 8
        covered = item(draft, "target", "参与覆盖率")
        assert (covered.period, covered.unresolved, covered.state) == ("yearly", False, "pending")
        change_only.refresh_from_db()
        assert (change_only.period, change_only.unresolved) == ("yearly", True)

    def test_what_is_adopted_is_no_longer_decided_on(self):
        draft = read()
        adopting.decide(item(draft, "task", "压实安全责任"), "accepted", COMMAND)
        adopting.adopt(draft, COMMAND)
        with pytest.raises(IllegalTransition):
            adopting.decide(item(draft, "task", "压实安全责任"), "rejected", COMMAND)

    def test_a_named_list_becomes_candidacies_once_its_projects_are_known(self):
        city = scheme(code="PZ-X", name="品质甲", has_listing=True)
        works = [project(name=name) for name in ("东环大道", "云溪大桥工程", "淮北航道二期")]
        change(works[1], aliases=["云溪大桥"])
        draft = read()
        one = item(draft, "list", "创建市级品质工程")
        assert list(one.names.values_list("name", "project")) == [
            ("东环大道", "东环大道"),
            ("云溪大桥", "云溪大桥工程"),
            ("淮北航道二期", "淮北航道二期"),
            ("临港码头", ""),
        ]
        one = change(one, list_kind=f"{city.code}:listing")
        with pytest.raises(Exception, match="尚未对应到项目库：临港码头"):
            adopting.decide(one, "accepted", COMMAND)
        harbour = project(name="临港码头")
        change(one.names.get(name="临港码头"), project=harbour.name)
        adopting.decide(NoticeItem.objects.select_related("draft").get(pk=one.pk), "accepted", COMMAND)
        adopting.adopt(draft, COMMAND)
        rows = Candidacy.objects.filter(scheme=city, year=2025, stage="listing")
        assert {row.project.name for row in rows} == {"东环大道", "云溪大桥工程", "淮北航道二期", "临港码头"}
        assert rows[0].provenance.startswith("淮交发〔2025〕18号")

    def test_a_list_that_does_not_match_its_number_says_so(self):
        other = item(read(), "list", "省级平安工程")
        assert other.unresolved and "载明3个，实列2个" in other.issue and other.stated_sections == 6


class TestPages:
    @pytest.fixture
    def staff(self, client):
        person = user(Role.BUREAU_STAFF)
        client.force_login(person)
        return client

    def test_from_pasting_to_the_plan(self, staff):
        answer = staff.post(reverse("notice_new"), {"text": CLASSIC}, follow=True)
        draft = NoticeDraft.objects.get()
        assert "已读取" in answer.text and "压实安全责任" in answer.text and "未识别" in answer.text
        one = item(draft, "task", "推进标准化设计")
        name = one.names.first()
        form = {
            "version": one.version,
            "action": "accept",
            "kind": "task",
            "no": "2.3",
            "title": "推进设计标准化",
            "group": "quality",
            "due": "2025年底",
            "content": one.content,
            f"name-{name.pk}": name.name,
            f"role-{name.pk}": "lead",
            "name-new": "市质监站",
            "role-new": "assist",
        }
        answer = staff.post(reverse("notice_item", args=[one.pk]), form, follow=True)
        assert "接受" in answer.text
        answer = staff.post(reverse("notice_adopt", args=[draft.pk]), follow=True)
        assert "推进设计标准化" in answer.text
        task = Task.objects.get()
        assert (task.title, task.due) == ("推进设计标准化", "2025年底")
        assert list(task.units.values_list("name", "role")) == [
            ("局建管处", "lead"),
            ("市公路中心", "responsible"),
            ("市质监站", "assist"),
        ]
        assert Event.objects.filter(label="更正").exists()

    def test_a_second_person_is_told(self, staff):
        draft = read()
        one = item(draft, "task", "压实安全责任")
        form = {"version": one.version, "action": "reject"}
        assert staff.post(reverse("notice_item", args=[one.pk]), form).status_code == 302
        assert staff.post(reverse("notice_item", args=[one.pk]), form).status_code == 409

    def test_an_unknown_match_is_refused_beside_the_item(self, staff):
        one = item(read(), "task", "压实安全责任")
        name = one.names.first()
        form = {
            "version": one.version,
            "action": "save",
            "kind": "task",
            "no": "1",
            "title": "x",
            "group": "other",
            f"name-{name.pk}": "局安全处",
            f"match-{name.pk}": "并不存在的单位",
        }
        answer = staff.post(reverse("notice_item", args=[one.pk]), form)
        assert answer.status_code == 400 and "单位库中没有这一名称或别名" in answer.text
        one.refresh_from_db()
        assert one.title == "压实安全责任"

    def test_others_may_neither_read_in_nor_decide(self, client):
        one = item(read(), "task", "压实安全责任")
        client.force_login(user(Role.CONTRACTOR))
        assert client.get(reverse("notice_new")).status_code == 403
        assert client.get(reverse("notice_review", args=[one.draft_id])).status_code == 403
        client.force_login(user(Role.BUREAU_LEADER))
        assert client.get(reverse("notice_review", args=[one.draft_id])).status_code == 200
        assert client.post(reverse("notice_item", args=[one.pk]), {"action": "reject"}).status_code == 403
        assert client.post(reverse("notice_adopt", args=[one.draft_id])).status_code == 403

    def test_the_page_asks_as_much_for_a_long_notice(self, staff):
        tasks = "\n".join(f"（{n}）第{n}件事。要做好。（责任单位：甲{n}局、乙{n}局）" for n in range(1, 60))
        short, long = read(), read(CLASSIC + "\n六、更多任务\n" + tasks)

        def asked(draft: NoticeDraft) -> int:
            with CaptureQueriesContext(connection) as kept:
                assert staff.get(reverse("notice_review", args=[draft.pk])).status_code == 200
            return len(kept)

        # The shell keeps its counts for a while; after the first page all are there.
        asked(short)
        assert asked(long) == asked(short) <= 30

    def test_files_go_through_the_gate(self, staff):
        lie = SimpleUploadedFile("方案.docx", b"%PDF-1.7 not a document")
        answer = staff.post(reverse("notice_new"), {"file": lie})
        assert answer.status_code == 400 and "文件内容与扩展名不符" in answer.text
        answer = staff.post(reverse("notice_new"), {"file": SimpleUploadedFile("方案.pdf", b"%PDF-1.7")})
        assert answer.status_code == 400 and "不能从这种文件读取计划" in answer.text
        answer = staff.post(reverse("notice_new"), {})
        assert answer.status_code == 400 and "请粘贴通知正文" in answer.text
        gbk = SimpleUploadedFile("方案.txt", CLASSIC.replace("—", "-").encode("gb18030"))
        answer = staff.post(reverse("notice_new"), {"file": gbk}, follow=True)
        assert "压实安全责任" in answer.text
        assert NoticeDraft.objects.get().file_name == "方案.txt"

    def test_a_word_document_with_automatic_numbers(self, staff):
        whole = notice_papers.content(notice_papers.automatic())
        answer = staff.post(
            reverse("notice_new"), {"file": SimpleUploadedFile("方案.docx", whole)}, follow=True
        )
        assert answer.status_code == 200 and "2.1 推行远程巡查" in answer.text

    def test_a_document_with_entities_is_refused(self, staff):
        bad = BytesIO()
        with (
            ZipFile(BytesIO(notice_papers.content(notice_papers.automatic()))) as old,
            ZipFile(bad, "w") as new,
        ):
            for name in old.namelist():
                part = old.read(name)
                if name == "word/document.xml":
                    part = part.replace(b"<w:document", b'<!DOCTYPE x [<!ENTITY a "aaaa">]><w:document', 1)
                new.writestr(name, part)
        answer = staff.post(reverse("notice_new"), {"file": SimpleUploadedFile("方案.docx", bad.getvalue())})
        assert answer.status_code == 400 and "文档已损坏" in answer.text
        assert not NoticeDraft.objects.exists()

    def test_a_text_that_is_too_long_is_refused(self, staff):
        answer = staff.post(reverse("notice_new"), {"text": "长" * 200_001})
        assert answer.status_code == 400 and "文本过长" in answer.text


class TestApi:
    def test_the_same_by_program(self, client):
        client.force_login(user(Role.BUREAU_STAFF))
        answer = client.post("/api/notice-drafts/read/", {"text": CLASSIC}, content_type="application/json")
        assert answer.status_code == 201 and answer.json()["found"] > 10
        pk = answer.json()["id"]
        again = client.post("/api/notice-drafts/read/", {"text": CLASSIC}, content_type="application/json")
        assert again.status_code == 200 and again.json()["id"] == pk
        rows = client.get(f"/api/notice-items/?draft={pk}&kind=task").json()["results"]
        body = {"state": "accepted"}
        decided = client.post(
            f"/api/notice-items/{rows[-1]['id']}/decide/", body, content_type="application/json"
        )
        assert decided.json()["state"] == "accepted"
        made = client.post(f"/api/notice-drafts/{pk}/adopt/", {}, content_type="application/json")
        assert made.status_code == 200 and made.json()["made"]["任务"] == 1

    def test_correcting_by_program(self, client):
        client.force_login(user(Role.BUREAU_STAFF))
        one = item(read(), "target", "参与覆盖率")
        body = {
            "version": one.version,
            "action": "accept",
            "kind": "target",
            "title": "县区参与覆盖率",
            "group": "quality",
            "figure_kind": "ratio",
            "low": "90",
            "period": "yearly",
        }
        address = f"/api/notice-items/{one.pk}/correct/"
        answer = client.post(address, body, content_type="application/json")
        assert answer.status_code == 200 and answer.json()["state"] == "accepted"
        assert client.post(address, body, content_type="application/json").status_code == 409
        one.refresh_from_db()
        assert (one.title, one.period, one.unresolved) == ("县区参与覆盖率", "yearly", False)
        body |= {"version": one.version, "low": "900"}
        assert client.post(address, body, content_type="application/json").status_code == 400

    def test_others_are_refused(self, client):
        client.force_login(user(Role.COUNTY_STAFF))
        answer = client.post("/api/notice-drafts/read/", {"text": CLASSIC}, content_type="application/json")
        assert answer.status_code == 403
        assert not NoticeDraft.objects.exists()
