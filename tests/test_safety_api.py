"""What the pages of dangers and visits do, done by programs: the same rules, the one shape of refusals."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from safety import grading
from safety.inspections import asking
from safety.models import Finding, HiddenDanger, InspectionTask, SisterCheck, Visit
from safety.rules import MAJOR_ITEMS, rule
from supervision.flows import records
from supervision.papers import services as papers

from . import factories, safety
from .factories import COMMAND
from .inspecting import drawing, png

pytestmark = pytest.mark.django_db


@pytest.fixture
def site():
    return safety.site(start_on=timezone.localdate())


class Program:
    """One person's calls of the API."""

    def __init__(self, user):
        self.client = Client()
        self.client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")

    def __call__(self, path: str, body: dict | None = None, status: int = 200, method: str = ""):
        asked = getattr(self.client, method or ("get" if body is None else "post"))
        given = () if body is None else (json.dumps(body), "application/json")
        answer = asked(f"/api/{path}/", *given)
        assert answer.status_code == status, answer.content.decode()[:500]
        return answer.json() if answer.content else None


def test_a_danger_is_judged_and_verified(site):
    danger = site.danger()
    inspector, contractor = Program(site.people["inspector"]), Program(site.people["contractor"])
    path = f"hidden-dangers/{danger.pk}/judgement"
    assert "深基坑" in inspector(path)["categories"]
    answer = inspector.client.get(f"/api/{path}/", {"category": "深基坑"}).json()
    assert [one["key"] for one in answer["questions"]] == [
        one.key for one in grading.questions(rule(MAJOR_ITEMS), "深基坑")
    ]
    answers = {one["key"]: "no" for one in answer["questions"]}
    body = {"category": "深基坑", "answers": answers | {"MH-04-2.2": "yes"}}
    contractor(path, body, 403)
    missing = inspector(path, {"category": "深基坑", "answers": {"MH-04-2.2": "yes"}}, 400)
    assert set(missing["fields"]) == set(answers) - {"MH-04-2.2"}
    assert "category" in inspector(path, body | {"category": "没有"}, 400)["fields"]
    found = inspector(path, body | {"version": danger.version})
    assert found["judged"] == "major" and "坑边超载" in found["clause"]
    assert inspector(path, body | {"version": danger.version}, 409)["code"] == "conflict"
    record = inspector(f"hidden-dangers/{danger.pk}")
    assert "verify_major" in [action["name"] for action in record["actions"]]


def test_sister_sections_are_asked_and_links_taken_back(site):
    danger = site.graded()
    sister = factories.section(site.section.project)
    inspector, contractor = Program(site.people["inspector"]), Program(site.people["contractor"])
    path = f"hidden-dangers/{danger.pk}"
    body = {"sections": [sister.pk], "asked": "同类临边防护"}
    contractor(f"{path}/sisters", body, 403)
    foreign = body | {"sections": [factories.section().pk]}
    assert "sections" in inspector(f"{path}/sisters", foreign, 400)["fields"]
    made = inspector(f"{path}/sisters", body, 201)["sister_checks"]
    assert SisterCheck.objects.get(pk=made[0]).section == sister
    before = inspector(f"{path}/reply-link")["url"]
    after = inspector(f"{path}/reply-link", method="delete")["url"]
    assert before != after
    page = {url: Client().get(url.removeprefix("http://testserver")) for url in (before, after)}
    assert "链接已作废" in page[before].content.decode() and page[after].status_code == 200
    stranger = Program(factories.user("contractor", factories.organization("contractor")))
    stranger(f"{path}/reply-link", status=404)


def test_a_visit_from_its_task_to_its_seal(site):
    task = records.create(
        InspectionTask(
            project=site.section.project,
            section=site.section,
            kind="comprehensive",
            inspectors=[site.people["inspector"].name, "同事"],
            due_by=timezone.localdate(),
        ),
        COMMAND,
    )
    inspector, contractor = Program(site.people["inspector"]), Program(site.people["contractor"])
    contractor(f"inspection-tasks/{task.pk}/start-visit", {}, 403)
    started = inspector(f"inspection-tasks/{task.pk}/start-visit", {}, 201)
    assert inspector(f"inspection-tasks/{task.pk}/start-visit", {})["visit"] == started["visit"]
    visit, path = Visit.objects.get(pk=started["visit"]), f"inspection-visits/{started['visit']}"

    assert "TY-LD" in inspector(f"{path}/lists", {"lists": ["TY-LD"]})["lists"]
    listed = inspector(f"{path}/items")
    items = [item["item"] for group in listed["groups"] for item in group["items"]]
    assert items == [
        item.key for group in asking.groups_of(Visit.objects.get(pk=visit.pk)) for item in group.items
    ]
    answers = [{"item": key, "result": "fail" if key == "TY-1" else "pass"} for key in items]
    contractor(f"{path}/items", {"answers": answers}, 403)
    assert set(inspector(f"{path}/items", {"answers": answers}, 400)["fields"]) == {"TY-1"}
    assert not visit.items.exists(), "nothing is half saved"
    strange = {"answers": [{"item": "XX-1", "result": "pass"}]}
    assert set(inspector(f"{path}/items", strange, 400)["fields"]) == {"XX-1"}
    told = {"part": "3号墩", "description": "护栏缺失"}
    answers = [row | (told if row["result"] == "fail" else {}) for row in answers]
    assert inspector(f"{path}/items", {"answers": answers})["missing"] == []
    late = {"answers": [{"item": "TY-2", "result": "na", "seen": ""}]}
    assert inspector(f"{path}/items", late, 409)["code"] == "conflict"

    photo = SimpleUploadedFile("a.png", drawing(), "image/png")
    facts = {"part": "便道", "description": "坑洞", "photos": photo}
    made = inspector.client.post(f"/api/{path}/findings/", facts)
    assert made.status_code == 201, made.content.decode()
    hole = Finding.objects.get(pk=made.json()["finding"])
    assert papers.of(hole).valid().count() == 1
    assert set(inspector(f"{path}/findings", {"part": "便道"}, 400)["fields"]) == {"description"}
    other = inspector(f"{path}/findings", {"part": "料场", "description": "杂乱"}, 201)["finding"]
    inspector(f"{path}/findings/{other}", status=204, method="delete")
    raised = inspector(f"{path}/findings/{hole.pk}/raise", {})
    assert inspector(f"{path}/findings/{hole.pk}/raise", {}) == raised
    assert HiddenDanger.objects.get(pk=raised["danger"]).part == "便道"
    assert (
        inspector(f"{path}/findings/{hole.pk}", status=409, method="delete")["code"] == "illegal_transition"
    )

    inspector(f"{path}/sign", {"digest": "0" * 64}, 409)
    inspector(f"{path}/finish", {"outcome": "order", "summary": "限期整改"})
    digest = inspector(f"{path}/items")["digest"]
    assert inspector(f"{path}/sign", {"digest": "0" * 64}, 409)["code"] == "conflict"
    assert len(inspector(f"{path}/sign", {"digest": digest}, 201)["unsigned"]) == 2
    drawn = {"digest": digest, "how": "drawn", "image": png()}
    contractor(f"{path}/sign", drawn | {"name": "丙"}, 403)
    assert "name" in inspector(f"{path}/sign", drawn, 400)["fields"]
    inspector(f"{path}/sign", drawn | {"signer": "同事"}, 201)
    assert contractor(f"{path}/sign", {"digest": digest}, 201)["unsigned"] == []
    inspector(f"{path}/seal", {})
    visit.refresh_from_db()
    assert visit.status == "sealed" and HiddenDanger.objects.filter(source="inspection").count() == 2
    inspector(f"{path}/items", {"answers": late["answers"]}, 409)


def test_strangers_find_no_visit(site):
    stranger = Program(factories.user("contractor", factories.organization("contractor")))
    visit = records.create(
        Visit(project=site.section.project, section=site.section, kind="routine", inspectors=["甲"]),
        COMMAND,
    )
    path = f"inspection-visits/{visit.pk}"
    stranger(f"{path}/items", status=404)
    for act in ("items", "lists", "findings", "sign", "findings/1/raise"):
        stranger(f"{path}/{act}", {}, 404)
