"""The papers of hidden dangers: each says what its record says, takes its number, and goes to whom it concerns."""

import re
from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from safety import step_documents
from safety.escalation import escalate
from safety.models import HiddenDanger, SupervisionStep
from supervision.desk import todo
from supervision.flows import records
from supervision.flows.errors import NotAllowed
from supervision.flows.history import SYSTEM, Actor, verify_chains
from supervision.flows.reach import label_of
from supervision.papers.documents import registry, services, word
from supervision.papers.documents.models import Document, NumberPool
from supervision.people.models import Role, User

from . import factories, safety
from .documents import text_of_word
from .factories import COMMAND
from .safety import today_is

pytestmark = pytest.mark.django_db
DEADLINE = date(2026, 6, 5)
NAME = "<b>{{ 7*7 }}</b>{% if x %}大桥"
HOSTILE = "{{ 7*7 }}{% for x in y %}<b>&amp;</b>" + "桥" * 2900


@pytest.fixture(autouse=True)
def store(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def site():
    made = safety.site()
    _ = made.people  # the bureau's people are there before anything is drafted
    return made


def client_of(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def late(site, grade="general", **facts):
    with today_is(date(2026, 6, 1)):
        return site.graded(grade, deadline=DEADLINE, **facts)


def fresh(user) -> User:
    return User.objects.get(pk=user.pk)


@pytest.mark.parametrize("kind", registry.kinds_for(label_of(HiddenDanger)), ids=lambda kind: kind.code)
def test_every_paper_of_a_danger_bears_whatever_is_written(kind):
    """Names and descriptions that look like templates or markup stand on the paper as they were written."""
    site = safety.site(name=NAME)
    danger = site.graded("major", description=HOSTILE, part="<b>{{ part }}</b>")
    by = "contractor" if kind.signature == registry.Signature.PARTY else "bureau_staff"
    made = services.draft(danger, kind.code, site.actor(by))
    text = text_of_word(services.preview(made)).replace("\n", "")
    assert NAME in text
    assert HOSTILE in text or kind.code in ("danger-resume", "danger-lifted")


@pytest.mark.parametrize("rung", step_documents.PAPER_OF)
def test_every_rung_has_its_paper(rung):
    site = safety.site(name=NAME)
    _ = site.people
    danger = late(site, "major", description=HOSTILE)
    facts = {"rung": rung, "deadline": DEADLINE, "reason": "已逾期5个工作日。", "signer_role": "bureau_staff"}
    step = records.create(SupervisionStep(danger=danger, **facts), COMMAND)
    made = step_documents.draft_for(step, SYSTEM)
    assert made.kind.fits(step) and NAME in text_of_word(services.preview(made)).replace("\n", "")
    assert services.draft(step, made.code, site.actor("bureau_staff"), organization=made.organization) == made


def test_the_job_drafts_a_paper_that_waits_for_the_one_who_signs(site):
    late(site)
    assert escalate(SYSTEM, date(2026, 6, 8)) == {"yellow": 1}
    draft = Document.objects.get()
    assert (draft.code, draft.status, draft.contents["color"]) == ("step-slip", "draft", "黄色")
    signer = fresh(site.people["bureau_staff"])
    assert draft in Document.objects.visible_to(signer)
    assert draft.title in "".join(row["what"] for row in todo.page(signer, 0, 50))
    # The unit does not read what is not signed.
    assert not Document.objects.visible_to(fresh(site.people["contractor"])).exists()


def test_a_signed_slip_has_two_numbers_and_its_letter_bears_the_second(site):
    late(site)
    escalate(SYSTEM, date(2026, 6, 8))
    step = site.act(
        SupervisionStep.objects.get(), "sign", "bureau_staff", approved_by="王局长", demand="逐日报告。"
    )
    slip = Document.objects.get()
    assert step.number == slip.number and re.fullmatch(r".+督〔20\d\d〕1号", slip.number)
    assert re.fullmatch(r".+督函〔20\d\d〕1号", slip.second_number)
    assert (slip.status, slip.approved_by, slip.contents["signer"]) == ("delivered", "王局长", "王局长")
    assert "逐日报告。" in slip.contents["demands"] and slip.contents["to"] == site.unit("contractor").name
    staff = site.actor("bureau_staff")
    letter = services.issue(services.draft(step, "step-letter", staff), staff)
    assert (letter.number, letter.contents["slip_number"]) == (slip.second_number, slip.number)
    # No pool was set up by hand, and a second step goes on counting.
    assert set(NumberPool.objects.values_list("code", flat=True)) == {"safety-slip", "safety-letter"}
    escalate(SYSTEM, date(2026, 6, 11))
    again = site.act(SupervisionStep.objects.get(rung="red"), "sign", "bureau_staff")
    assert again.number.endswith("〕2号")


def test_opening_is_noted_and_receiving_the_step_signs_for_its_paper(site):
    late(site)
    escalate(SYSTEM, date(2026, 6, 8))
    step = site.act(SupervisionStep.objects.get(), "sign", "bureau_staff")
    slip = Document.objects.get()
    page = reverse("documents:detail", args=[slip.pk])
    assert client_of(site.people["bureau_staff"]).get(page).status_code == 200
    assert not slip.deliveries.exclude(seen_at=None).exists()
    assert client_of(site.people["contractor"]).get(page).status_code == 200
    seen = slip.deliveries.get(organization=site.unit("contractor"))
    assert seen.seen_by == site.people["contractor"] and seen.received_at is None
    site.act(step, "receive", "contractor")
    seen.refresh_from_db()
    assert seen.received_at and seen.receiver == site.people["contractor"].name
    assert list(verify_chains("papers.document")) == []


def test_an_interview_is_not_signed_before_time_and_place_are_said(site):
    danger = late(site)
    facts = {"rung": "interview", "deadline": DEADLINE, "reason": "逾期", "signer_role": "bureau_staff"}
    step = records.create(SupervisionStep(danger=danger, **facts), COMMAND)
    made = step_documents.draft_for(step, SYSTEM)
    with pytest.raises(ValidationError, match="约谈时间"):
        site.act(step, "sign", "bureau_staff")
    assert not NumberPool.objects.exists()
    told = {"at": "2026年7月6日9时", "place": "三楼会议室", "host": "王副局长"}
    services.revise(made, told, site.actor("bureau_staff"))
    assert site.act(step, "sign", "bureau_staff").number


def test_a_step_let_go_leaves_no_draft(site):
    late(site)
    escalate(SYSTEM, date(2026, 6, 8))
    site.act(SupervisionStep.objects.get(), "drop", "bureau_staff")
    assert Document.objects.get().status == "void"


def test_a_listing_by_hand_drafts_its_notice_and_takes_its_number(site):
    danger = site.graded("major")
    leader = factories.user(Role.BUREAU_LEADER, site.people["bureau_staff"].organization)
    danger = site.act(danger, "list", "bureau_staff", listing_source="patrol", listing_level="city")
    assert danger.is_listed and danger.listing_number == ""
    notice = services.of(danger).get(code="danger-listing")
    with pytest.raises(NotAllowed):
        services.issue(notice, site.actor("contractor"))
    notice = services.issue(notice, Actor.of(fresh(leader), "page"))
    assert HiddenDanger.objects.get(pk=danger.pk).listing_number == notice.number


def test_a_draft_is_filled_in_on_its_page_and_only_by_its_office(site):
    danger = site.graded()
    staff, builder = client_of(site.people["bureau_staff"]), client_of(site.people["contractor"])
    start = reverse("draft_document", args=[label_of(HiddenDanger), danger.pk, "danger-notice"])
    assert builder.post(start).status_code == 403
    assert staff.post(start).status_code == 302
    draft = Document.objects.get()
    page = reverse("edit_document", args=[draft.pk])
    assert builder.get(page).status_code == 404
    shown = staff.get(page)
    assert shown.status_code == 200
    form = shown.context["form"]
    body = {name: field.initial or "" for name, field in form.fields.items()}
    body |= {"findings-0-what": HOSTILE[:200], "recipients": f"{site.unit('contractor').name}\n某村委会"}
    assert staff.post(page, body).status_code == 302
    draft.refresh_from_db()
    assert draft.contents["findings"][0]["what"] == HOSTILE[:200] and len(draft.contents["findings"]) == 1
    assert set(draft.deliveries.values_list("name", "method")) == {
        (site.unit("contractor").name, "portal"),
        ("某村委会", "hand"),
    }
    # What somebody else saved meanwhile is not overwritten.
    assert staff.post(page, body).status_code == 409
    assert staff.get(reverse("preview_document", args=[draft.pk])).status_code == 200
    issued = services.issue(draft, site.actor("bureau_staff"))
    assert staff.get(page).status_code == 403
    assert HOSTILE[:200] in text_of_word(
        word.fill(registry.paper_of("rectification_notice").build(), issued.contents)
    )


def test_the_code_on_a_notice_opens_the_reply_page(site, settings):
    settings.PORTAL_PUBLIC_URL = "https://portal.example"
    danger = site.graded()
    made = services.draft(danger, "danger-notice", site.actor("bureau_staff"))
    url = made.contents["reply_url"]
    assert url.startswith("https://portal.example/r/")
    assert Client().get(url.removeprefix("https://portal.example")).status_code == 200
    major = site.graded("major")
    assert services.draft(major, "danger-notice", site.actor("bureau_staff")).contents["reply_url"] == ""
