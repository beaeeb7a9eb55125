"""Everything a page does to a document can be done below /api/, in the same scope and by the same rules."""

import pytest
from django.test import Client

from supervision.papers.documents.models import Document
from supervision.people.models import User

from . import factories, safety

pytestmark = pytest.mark.django_db
JSON = {"content_type": "application/json"}
MODEL, CODE = "safety.hiddendanger", "danger-notice"


@pytest.fixture(autouse=True)
def store(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def site():
    return safety.site()


@pytest.fixture
def danger(site):
    return site.graded()


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def staff(site):
    return client_of(site.people["bureau_staff"])


def draft(client: Client, danger, **more):
    body = {"model": MODEL, "record": danger.pk, "code": CODE} | more
    return client.post("/api/documents/drafts/", body, **JSON)


def test_from_the_draft_to_the_receipt(site, danger, staff):
    kinds = staff.get(f"/api/documents/drafts/?model={MODEL}&record={danger.pk}").json()
    assert CODE in [kind["code"] for kind in kinds]
    made = draft(staff, danger)
    assert made.status_code == 201 and made.json()["contents"]["project"] == site.section.project.name
    pk, version = made.json()["id"], made.json()["version"]
    assert draft(staff, danger).json()["id"] == pk, "an open draft comes back"
    unit = site.unit("contractor").name
    sent = {"version": version, "contents": {"deadline": "2030年1月2日"}, "recipients": [unit, "某某公司"]}
    changed = staff.put(f"/api/documents/{pk}/contents/", sent, **JSON).json()
    assert changed["contents"]["deadline"] == "2030年1月2日"
    assert [(row["name"], bool(row["organization"])) for row in changed["deliveries"]] == [
        (unit, True),
        ("某某公司", False),
    ]
    assert staff.put(f"/api/documents/{pk}/contents/", sent, **JSON).status_code == 409
    assert staff.get(f"/api/documents/{pk}/draft.docx").content[:2] == b"PK"
    renewed = staff.post(f"/api/documents/{pk}/renew/").json()
    assert renewed["contents"]["deadline"] != "2030年1月2日"
    for step in ("issue", "deliver"):
        answer = staff.post(f"/api/documents/{pk}/{step}/", {}, **JSON)
        assert answer.status_code == 200, answer.content.decode()
    assert staff.get(f"/api/documents/{pk}/draft.docx").status_code == 404
    contractor = client_of(site.people["contractor"])
    mine, other = contractor.get(f"/api/documents/{pk}/contents/").json()["deliveries"]
    assert mine["seen_at"] and not other["seen_at"]
    assert contractor.post(f"/api/documents/{pk}/acknowledge/").status_code == 200
    assert contractor.post(f"/api/documents/{pk}/acknowledge/").status_code in (400, 409)
    paper = f"/api/documents/{pk}/receipts/{other['id']}"
    assert staff.get(f"{paper}/receipt.docx").content[:2] == b"PK"
    assert contractor.post(f"{paper}/", {"receiver": "张三"}, **JSON).status_code == 403
    entered = staff.post(f"{paper}/", {"receiver": "张三"}, **JSON).json()
    assert entered["deliveries"][1]["receiver"] == "张三"
    assert Document.objects.get(pk=pk).acknowledged_at
    assert staff.post(f"/api/documents/{pk}/print-again/").status_code == 200


def test_strangers_and_other_roles(site, danger, staff):
    stranger = client_of(factories.user("contractor"))
    assert draft(stranger, danger).status_code == 404
    assert draft(client_of(site.people["contractor"]), danger).status_code == 403
    pk = draft(staff, danger).json()["id"]
    for client in (stranger, client_of(site.people["contractor"])):
        assert client.get(f"/api/documents/{pk}/contents/").status_code == 404, (
            "what is not signed is not read"
        )
        assert client.post(f"/api/documents/{pk}/acknowledge/").status_code == 404
    assert staff.post(f"/api/documents/{pk}/acknowledge/").status_code == 403
    assert Client().get(f"/api/documents/{pk}/contents/").status_code in (401, 403)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"code": "nothing"}, 400),
        ({"model": "people.user"}, 404),
        ({"model": "no.such"}, 404),
        ({"record": 10**9}, 404),
        ({"record": "x"}, 400),
        ({"recipients": "某单位"}, 400),
        ({"contents": {"nonsense": "x"}}, 400),
        ({"contents": {"findings": 7}}, 400),
        ({"contents": {"deadline": "甲" * 100_001}}, 400),
        # It was never stopped.
        ({"code": "danger-resume"}, 403),
    ],
)
def test_bad_bodies_are_told_and_leave_nothing(danger, staff, body, status):
    answer = draft(staff, danger, **body)
    assert answer.status_code == status, answer.content.decode()
    assert not Document.objects.exists()


def test_a_wrong_recipient_list_changes_no_contents_either(danger, staff):
    pk = draft(staff, danger).json()["id"]
    sent = {"contents": {"deadline": "2030年1月2日"}, "recipients": ["甲" * 301]}
    assert staff.put(f"/api/documents/{pk}/contents/", sent, **JSON).status_code == 400
    assert "2030" not in str(Document.objects.get().contents["deadline"])
    assert staff.get("/api/documents/drafts/?model=x&record=y").status_code == 400
