"""What the pages of dangers and visits do beside their ledgers, for programs: grading questions, sister checks,
reply links, and a visit from its beginning to its signatures."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from supervision.flows.errors import NotAllowed
from supervision.flows.history import Actor
from supervision.ledgers.api import plain_body
from supervision.ledgers.registry import get

from . import grading, links, services
from .forms import QuestionsForm, SistersForm
from .inspections import answering, asking, sealing
from .inspections.forms import FindingForm, TakeForm
from .models import Finding, HiddenDanger, InspectionTask, Visit
from .models.inspection import Result
from .rules import MAJOR_ITEMS, categories, rule


class OneRecord(APIView):
    """Base: an act on one record of a ledger that the reader sees."""

    slug = ""

    def record(self, request: Request, pk: int) -> Any:
        ledger = get(self.slug)
        if not ledger.may_view(request.user):
            raise NotAllowed(f"您的角色不能查看“{ledger.label}”。")
        return get_object_or_404(ledger.queryset(request.user), pk=pk)

    def actor(self, request: Request) -> Actor:
        return Actor.of(request.user, "api")


def given(serializer: type[serializers.Serializer], request: Request) -> dict[str, Any]:
    """The body as the serializer reads it. Raises a 400 by field."""
    body = serializer(data=plain_body(request))
    body.is_valid(raise_exception=True)
    return body.validated_data


def cleaned(form: Any) -> dict[str, Any]:
    """What a page's form makes of it. Raises a 400 by field."""
    if not form.is_valid():
        raise serializers.ValidationError(form.errors)
    return form.cleaned_data


# ------------------------------------------------------------------------------------------------------ dangers


class JudgementSerializer(serializers.Serializer):
    """Answers to all questions of a category: their key → "yes", "no" or "unsure"."""

    category = serializers.CharField()
    works = serializers.ListField(child=serializers.CharField(), default=list)
    answers = serializers.DictField(child=serializers.CharField(allow_blank=True))
    version = serializers.IntegerField(required=False)


class JudgementView(OneRecord):
    """重大隐患判定: the questions, and what the answers come to; nothing is graded by it."""

    slug = "hidden-dangers"

    def danger(self, request: Request, pk: int) -> HiddenDanger:
        danger = self.record(request, pk)
        if not services.may_judge(danger, request.user):
            raise NotAllowed("您现在不能核查此隐患。")
        return danger

    @extend_schema(
        parameters=[
            OpenApiParameter("category", OpenApiTypes.STR),
            OpenApiParameter("work", OpenApiTypes.STR),
        ],
        responses=OpenApiTypes.OBJECT,
        summary="重大隐患判定的问题",
    )
    def get(self, request: Request, pk: int) -> Response:
        self.danger(request, pk)
        category = request.query_params.get("category", "")
        known = dict(categories())
        if category not in known:
            return Response({"categories": list(known)})
        rules = rule(MAJOR_ITEMS)
        works = works_among(rules, category, request.query_params.getlist("work"))
        asked = grading.questions(rules, category, works)
        return Response(
            {
                "category": category,
                "works": grading.works_of(rules, category),
                "rule_version": rules.version,
                "questions": [
                    {"key": one.key, "text": one.text, "work": one.work, "clause": one.clause,
                     "confidence": one.confidence_label}
                    for one in asked
                ],
            }
        )  # fmt: skip

    @extend_schema(request=JudgementSerializer, responses=OpenApiTypes.OBJECT, summary="提交重大隐患判定")
    def post(self, request: Request, pk: int) -> Response:
        danger, data = self.danger(request, pk), given(JudgementSerializer, request)
        if data["category"] not in dict(categories()):
            raise serializers.ValidationError({"category": ["没有这个隐患类别。"]})
        rules = rule(MAJOR_ITEMS)
        works = works_among(rules, data["category"], data["works"])
        asked = grading.questions(rules, data["category"], works)
        version = data.get("version", danger.version)
        answers = cleaned(QuestionsForm(data["answers"] | {"version": version}, asked=asked, version=version))
        judgement = grading.judge(rules, data["category"], works, answers)
        services.record_judgement(danger, judgement, self.actor(request), version)
        return Response({"judged": judgement.outcome, "clause": judgement.clause, "message": judgement.words})


def works_among(rules: Any, category: str, chosen: list[str]) -> tuple[str, ...]:
    return tuple(work for work in grading.works_of(rules, category) if work in chosen)


class SistersSerializer(serializers.Serializer):
    """`sections`: ids of sections of the same project; `asked`: what they are to look for."""

    sections = serializers.ListField(child=serializers.IntegerField(min_value=1, max_value=2**62))
    asked = serializers.CharField(max_length=2000)


class SistersView(OneRecord):
    """举一反三: ask sister sections to look for the same."""

    slug = "hidden-dangers"

    @extend_schema(request=SistersSerializer, responses=OpenApiTypes.OBJECT, summary="布置举一反三自查")
    def post(self, request: Request, pk: int) -> Response:
        danger = self.record(request, pk)
        sections = services.sections_to_ask(danger, request.user)
        data = cleaned(SistersForm(given(SistersSerializer, request), sections=sections))
        made = services.ask_sisters(danger, data["sections"], data["asked"], self.actor(request))
        return Response({"sister_checks": [row.pk for row in made]}, status=201)


class ReplyLinkView(OneRecord):
    """The link by which the site replies without an account; taking back all that were given."""

    slug = "hidden-dangers"

    def danger(self, request: Request, pk: int) -> HiddenDanger:
        danger = self.record(request, pk)
        if not links.may_give(danger, request.user):
            raise Http404
        return danger

    @extend_schema(responses=OpenApiTypes.OBJECT, summary="现场回复链接")
    def get(self, request: Request, pk: int) -> Response:
        return Response({"url": request.build_absolute_uri(links.reply_url(self.danger(request, pk)))})

    @extend_schema(responses=OpenApiTypes.OBJECT, summary="作废已发出的回复链接")
    def delete(self, request: Request, pk: int) -> Response:
        danger = links.revoke(self.danger(request, pk), self.actor(request))
        return Response({"url": request.build_absolute_uri(links.reply_url(danger))})


# ------------------------------------------------------------------------------------------------------- visits


class StartVisitView(OneRecord):
    """Begin the visit of a task; one that is going on already comes back."""

    slug = "inspection-tasks"

    @extend_schema(request=None, responses=OpenApiTypes.OBJECT, summary="开始检查")
    def post(self, request: Request, pk: int) -> Response:
        task: InspectionTask = self.record(request, pk)
        visit, new = answering.begin(task, self.actor(request))
        return Response({"visit": visit.pk, "number": visit.number}, status=201 if new else 200)


class OfVisit(OneRecord):
    slug = "inspection-visits"

    def finding(self, request: Request, pk: int, finding: int) -> Finding:
        rows = Finding.objects.select_related("visit")
        return get_object_or_404(rows, pk=finding, visit=self.record(request, pk))


class AnswerSerializer(serializers.Serializer):
    """One item's answer; `seen` is the answer that was there (left out: not checked). What is not in order says
    where and what."""

    item = serializers.CharField(max_length=40)
    result = serializers.ChoiceField(Result.choices)
    seen = serializers.CharField(required=False, allow_blank=True)
    part = serializers.CharField(default="", allow_blank=True)
    stakes = serializers.CharField(default="", allow_blank=True)
    description = serializers.CharField(default="", allow_blank=True)


class AnswersSerializer(serializers.Serializer):
    answers = AnswerSerializer(many=True)


class ItemsView(OfVisit):
    """Everything a visit asks, with its answers."""

    @extend_schema(responses=OpenApiTypes.OBJECT, summary="检查条目与填写情况")
    def get(self, request: Request, pk: int) -> Response:
        visit: Visit = self.record(request, pk)
        answers = asking.answers_of(visit)
        return Response(
            {
                "visit": visit.pk,
                "status": visit.status,
                "digest": visit.digest,
                "lists": asking.lists_of(visit),
                "missing": asking.missing(visit),
                "groups": [
                    {
                        "code": group.code,
                        "title": group.title,
                        "items": [
                            {"item": item.key, "text": item.text, "clause": item.clause,
                             "result": answers[item.key].result if item.key in answers else ""}
                            for item in group.items
                        ],
                    }
                    for group in asking.groups_of(visit)
                ],
            }
        )  # fmt: skip

    @extend_schema(request=AnswersSerializer, responses=OpenApiTypes.OBJECT, summary="填写检查条目")
    def post(self, request: Request, pk: int) -> Response:
        """Save answers, all or nothing; 400 by item, 409 when somebody answered one otherwise since `seen`."""
        visit: Visit = self.record(request, pk)
        groups, now = asking.groups_of(visit), asking.answers_of(visit)
        known = {item.key for group in groups for item in group.items}
        rows = given(AnswersSerializer, request)["answers"]
        if strange := [row["item"] for row in rows if row["item"] not in known]:
            raise serializers.ValidationError({key: ["此次检查没有这一条。"] for key in strange})
        answers = [
            answering.Given(
                row["item"],
                row["result"],
                row.get("seen", now[row["item"]].result if row["item"] in now else ""),
                row["part"],
                row["stakes"],
                row["description"],
            )
            for row in rows
        ]
        saved = answering.save(visit, answers, self.actor(request), groups)
        return Response({"saved": saved, "missing": asking.missing(visit)})


class ListsSerializer(serializers.Serializer):
    """Codes of the checklists that are asked."""

    lists = serializers.ListField(child=serializers.CharField())


class ListsView(OfVisit):
    """Which checklists a visit asks."""

    @extend_schema(request=ListsSerializer, responses=OpenApiTypes.OBJECT, summary="选择检查表")
    def post(self, request: Request, pk: int) -> Response:
        visit = self.record(request, pk)
        lists = given(ListsSerializer, request)["lists"]
        return Response({"lists": answering.choose_lists(visit, lists, self.actor(request)).lists})


class FoundSerializer(serializers.Serializer):
    """A problem that no item asks about; photos as files of a form (multipart)."""

    part = serializers.CharField(max_length=120)
    stakes = serializers.CharField(required=False, max_length=200)
    description = serializers.CharField(max_length=3000)
    category = serializers.CharField(required=False)
    clause = serializers.CharField(required=False, max_length=300)


class FindingsView(OfVisit):
    """A problem beside the checklists."""

    @extend_schema(request=FoundSerializer, responses=OpenApiTypes.OBJECT, summary="记录检查发现的问题")
    def post(self, request: Request, pk: int) -> Response:
        visit = self.record(request, pk)
        facts = dict(cleaned(FindingForm(plain_body(request), request.FILES)))
        photos = facts.pop("photos") or []
        made = answering.add_finding(visit, facts, photos, self.actor(request))
        return Response({"finding": made.pk}, status=201)


class FindingView(OfVisit):
    """Take back a problem while the visit is open."""

    @extend_schema(responses={204: None}, summary="删除所记问题")
    def delete(self, request: Request, pk: int, finding: int) -> Response:
        answering.drop_finding(self.finding(request, pk, finding), self.actor(request))
        return Response(status=204)


class RaiseView(OfVisit):
    """A problem that cannot wait for the signatures becomes a hidden danger at once."""

    @extend_schema(request=None, responses=OpenApiTypes.OBJECT, summary="立即立为隐患")
    def post(self, request: Request, pk: int, finding: int) -> Response:
        raised = answering.raise_now(self.finding(request, pk, finding), self.actor(request))
        return Response({"danger": raised.danger_id, "number": raised.danger.number})


class SignatureSerializer(serializers.Serializer):
    """`digest` is that of the content that was shown. With `how` the signature is one given on the inspector's
    screen (`signer` an inspector, or `name` and `unit` of the site's person, `image` a PNG as data address);
    without, one signs with one's own account."""

    digest = serializers.CharField()
    how = serializers.CharField(required=False)
    signer = serializers.CharField(required=False, allow_blank=True)
    name = serializers.CharField(required=False, allow_blank=True)
    unit = serializers.CharField(required=False, allow_blank=True)
    remark = serializers.CharField(required=False, allow_blank=True)
    image = serializers.CharField(required=False, allow_blank=True)


class SignView(OfVisit):
    """Put a signature under what the visit says."""

    @extend_schema(request=SignatureSerializer, responses=OpenApiTypes.OBJECT, summary="检查记录签字")
    def post(self, request: Request, pk: int) -> Response:
        visit, data = self.record(request, pk), given(SignatureSerializer, request)
        sealing.check_seen(visit, data["digest"])
        if "how" in data:
            form = TakeForm(data, visit=visit, left=sealing.inspectors_left(visit))
            image = cleaned(form)["image"]
            made = sealing.take(visit, form.facts, image, self.actor(request))
        else:
            made = sealing.confirm(visit, self.actor(request))
        return Response({"signature": made.pk, "unsigned": sealing.unsigned(visit)}, status=201)


def safety_api_urls() -> list:
    """Addresses of this room below /api/ beside those of the ledgers."""
    dangers, visits = "hidden-dangers/<int:pk>/", "inspection-visits/<int:pk>/"
    return [
        path(f"{dangers}judgement/", JudgementView.as_view(), name="api-danger-judgement"),
        path(f"{dangers}sisters/", SistersView.as_view(), name="api-danger-sisters"),
        path(f"{dangers}reply-link/", ReplyLinkView.as_view(), name="api-danger-reply-link"),
        path("inspection-tasks/<int:pk>/start-visit/", StartVisitView.as_view(), name="api-start-visit"),
        path(f"{visits}items/", ItemsView.as_view(), name="api-visit-items"),
        path(f"{visits}lists/", ListsView.as_view(), name="api-visit-lists"),
        path(f"{visits}findings/", FindingsView.as_view(), name="api-visit-findings"),
        path(f"{visits}findings/<int:finding>/", FindingView.as_view(), name="api-visit-finding"),
        path(f"{visits}findings/<int:finding>/raise/", RaiseView.as_view(), name="api-visit-raise"),
        path(f"{visits}sign/", SignView.as_view(), name="api-visit-sign"),
    ]
