"""The grading questions, repeats and sister checks."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from safety import grading, services
from safety.models import HiddenDanger
from safety.models.danger import Outcome
from safety.repeats import repeats_of
from safety.rules import MAJOR_ITEMS, load_shipped, rule
from supervision.flows.errors import LostRace, NotAllowed
from supervision.rules.models import RuleSet

from . import factories, safety

pytestmark = pytest.mark.django_db


@pytest.fixture
def site():
    return safety.site()


@pytest.fixture
def rules():
    return rule(MAJOR_ITEMS)


def answers(rules, category, word, **other):
    return {q.key: word for q in grading.questions(rules, category)} | other


def test_the_shipped_rules_are_entered_once(rules):
    before = RuleSet.objects.count()
    assert load_shipped() == 0 and RuleSet.objects.count() == before
    assert rules.source_document == "交办安监〔2025〕28号"


def test_one_yes_is_major_by_its_clause(rules):
    found = grading.judge(rules, "施工管理", (), answers(rules, "施工管理", "no", **{"MH-01-1.1": "yes"}))
    assert found.outcome == Outcome.MAJOR
    assert found.clause == "交办安监〔2025〕28号第4条(一) 施工单位无有效的相应等级资质证书而施工"


def test_all_no_is_not_major(rules):
    found = grading.judge(rules, "深基坑", (), answers(rules, "深基坑", "no"))
    assert (found.outcome, found.clause) == (Outcome.GENERAL, "")


@pytest.mark.parametrize("word", ["unsure", "", "perhaps"])
def test_one_unsure_goes_to_experts(rules, word):
    given = answers(rules, "深基坑", "no", **{"MH-04-1.1": word})
    assert grading.judge(rules, "深基坑", (), given).outcome == Outcome.UNCLEAR


def test_a_missing_answer_is_not_a_no(rules):
    assert grading.judge(rules, "深基坑", (), {}).outcome == Outcome.UNCLEAR


def test_an_item_of_uncertain_wording_never_decides_alone(rules):
    item = next(i for i in rules.content["items"] if i["confidence"] == "K?")
    given = answers(rules, item["category"], "no", **{f"{item['code']}.1": "yes"})
    assert grading.judge(rules, item["category"], (), given).outcome == Outcome.UNCLEAR


def test_the_definition_is_asked_of_everything(rules):
    asked = grading.questions(rules, "临时用电")
    assert [q.item for q in asked] == ["MH-99"]
    assert grading.judge(rules, "临时用电", (), {"MH-99.1": "yes"}).outcome == Outcome.MAJOR


def test_works_narrow_the_questions(rules):
    assert grading.works_of(rules, "隧道钻爆")[:2] == ["开挖与支护", "安全步距"]
    asked = grading.questions(rules, "隧道钻爆", ("安全步距",))
    assert {q.item for q in asked} == {"MH-12-2", "MH-99"}


def test_every_category_with_items_is_offered(rules):
    from safety.rules import categories

    assert {i["category"] for i in rules.content["items"]} <= dict(categories()).keys()


def test_the_wizard_leaves_its_answers_on_the_record(site, rules):
    danger = site.danger()
    client = Client()
    client.force_login(site.people["inspector"], backend="django.contrib.auth.backends.ModelBackend")
    url = reverse("judge_danger", args=[danger.pk])
    assert client.get(url).status_code == 200
    body = answers(rules, "深基坑", "no", **{"MH-04-2.2": "yes"}) | {"version": danger.version}
    assert client.post(f"{url}?category=深基坑", {"version": danger.version}).status_code == 400
    assert client.post(f"{url}?category=深基坑", body).status_code == 302
    danger.refresh_from_db()
    assert (danger.judged, danger.category, danger.grade) == ("major", "深基坑", "major")
    assert danger.grade_rule == rules and "坑边超载" in danger.clause and danger.status == "reported"
    page = client.get(reverse("hidden-dangers:detail", args=[danger.pk])).content.decode()
    assert "坑边超载" in page and "核查定为一般" not in page
    # Asked with a version that has passed.
    assert client.post(f"{url}?category=深基坑", body).status_code == 409


def test_only_whoever_may_verify_judges(site, rules):
    danger = site.danger(by="inspector", source="inspection")
    judgement = grading.judge(rules, "深基坑", (), answers(rules, "深基坑", "no"))
    for role in ("contractor", "supervisor", "owner"):
        with pytest.raises(NotAllowed):
            services.record_judgement(danger, judgement, site.actor(role))
        client = Client()
        client.force_login(site.people[role], backend="django.contrib.auth.backends.ModelBackend")
        assert client.get(reverse("judge_danger", args=[danger.pk])).status_code == 403
    services.record_judgement(danger, judgement, site.actor("inspector"))
    with pytest.raises(LostRace):
        services.record_judgement(danger, judgement, site.actor("inspector"), version=danger.version)


# ---------------------------------------------------------------------------------------------------- repeats


def test_the_same_again_is_marked_before_grading(site):
    first = site.graded(category="消防", stakes="K1+200")
    again = site.danger(category="消防", stakes="K1+600")
    assert again.grade == "" and again.is_repeat and again.repeat_of == first


@pytest.mark.parametrize(
    "facts",
    [
        {"stakes": "K1+701"},  # 501 m away
        {"category": "个人防护"},
        {"stakes": "X301：K1+200"},
    ],
)
def test_what_is_not_the_same_is_not_marked(site, facts):
    site.graded(category="消防", stakes="G2：K1+200")
    base = {"category": "消防", "stakes": "G2：K1+300"}
    given = base | facts
    if facts.get("stakes") == "K1+701":
        given["stakes"] = "G2：K1+701"
    assert not site.danger(**given).is_repeat


def test_the_window_and_other_units_set_apart(site):
    old = site.danger(category="消防", found_on=factories.timezone.localdate() - timedelta(days=366))
    assert not site.danger(category="消防").is_repeat
    other = factories.organization("contractor")
    assert not site.danger(category="消防", responsible_unit=other).is_repeat
    assert repeats_of(old) == []


def test_a_dismissed_report_repeats_nothing(site):
    first = site.danger(category="消防")
    site.act(first, "dismiss", "inspector")
    assert not site.danger(category="消防").is_repeat


def test_without_stakes_the_section_is_what_is_near(site):
    site.danger(category="消防", stakes="")
    assert site.danger(category="消防", stakes="").is_repeat
    assert not site.danger(
        category="消防", stakes="", section=None, responsible_unit=site.unit("contractor")
    ).is_repeat


# ----------------------------------------------------------------------------------------------------- sisters


def test_sister_sections_are_asked_and_answer(site):
    danger = site.graded(category="消防")
    sister = factories.section(site.section.project)
    contractor = factories.organization("contractor")
    factories.participation(sister, contractor, "contractor")
    assert services.sister_sections(danger) == [sister]
    with pytest.raises(ValidationError):
        services.ask_sisters(danger, [], "自查", site.actor("inspector"))
    (check,) = services.ask_sisters(danger, [sister], "自查消防", site.actor("inspector"))
    assert services.sister_sections(danger) == []
    person = factories.user("contractor", contractor)
    from supervision.flows.history import Actor
    from supervision.flows.perform import perform

    check = perform(check, "found_one", Actor.of(person, "page"), {"opinion": "灭火器过期"})
    assert check.status == "found" and check.found.section == sister
    assert check.found.description == "灭火器过期" and check.found.responsible_unit == contractor
    assert HiddenDanger.objects.visible_to(person).count() == 1


def test_the_sisters_page_asks_only_sections_of_the_project(site):
    danger = site.graded()
    stranger = factories.section()
    sister = factories.section(site.section.project)
    client = Client()
    client.force_login(site.people["owner"], backend="django.contrib.auth.backends.ModelBackend")
    url = reverse("ask_sisters", args=[danger.pk])
    assert client.post(url, {"sections": [stranger.pk], "asked": "x"}).status_code == 400
    assert client.post(url, {"sections": [sister.pk], "asked": "x"}).status_code == 302
    assert [check.section for check in danger.sisters.all()] == [sister]
    client.force_login(site.people["contractor"], backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(url).status_code == 403
