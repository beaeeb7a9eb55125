"""For programs: send a notice, decide on what was read, adopt."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import FormParser, JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from supervision.flows.errors import NotAllowed
from supervision.flows.history import Actor

from . import adopting, correcting
from .models import ItemState, NoticeDraft, NoticeItem
from .notice_views import MAY_READ_IN, summary, take


class NoticeSerializer(serializers.Serializer):
    """A notice as text, or as a docx or txt file (multipart)."""

    text = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False)
    file = serializers.FileField(required=False)


class DecisionSerializer(serializers.Serializer):
    state = serializers.ChoiceField(choices=ItemState.choices)
    version = serializers.IntegerField(required=False)


class AdoptionSerializer(serializers.Serializer):
    version = serializers.IntegerField(required=False)


def _check(request: Request) -> Actor:
    if not request.user.roles & MAY_READ_IN:
        raise NotAllowed("您的角色不能从通知录入计划。")
    return Actor.of(request.user, "api")


class ReadView(APIView):
    """Read a notice into a draft. The same text again answers with the same draft."""

    parser_classes = [MultiPartParser, FormParser, JSONParser]

    @extend_schema(request=NoticeSerializer, responses={200: OpenApiTypes.OBJECT, 201: OpenApiTypes.OBJECT})
    def post(self, request: Request) -> Response:
        actor = _check(request)
        given = NoticeSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        data = given.validated_data
        if not data.get("file") and not data.get("text", "").strip():
            raise serializers.ValidationError({"text": ["请给出通知正文或文件。"]})
        try:
            draft, new = take(data.get("text", ""), data.get("file"), actor)
        except ValidationError as error:
            field = "file" if data.get("file") else "text"
            raise serializers.ValidationError({field: error.messages}) from error
        body = {"id": draft.pk, "title": draft.title, "new": new, **summary(list(draft.items.all()))}
        return Response(body, status=201 if new else 200)


class DecideView(APIView):
    """Accept or reject an item, or put it back to be looked at."""

    @extend_schema(request=DecisionSerializer, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, pk: int) -> Response:
        actor = _check(request)
        given = DecisionSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        rows = NoticeItem.objects.visible_to(request.user).select_related("draft", "like")
        item = get_object_or_404(rows, pk=pk)
        data = given.validated_data
        try:
            item = adopting.decide(item, data["state"], actor, version=data.get("version"))
        except ValidationError as error:
            raise serializers.ValidationError({"state": error.messages}) from error
        return Response({"id": item.pk, "state": item.state, "version": item.version})


class CorrectView(APIView):
    """Correct an item with its units or projects, as the page does: see `correcting.correct` for the fields."""

    @extend_schema(request=OpenApiTypes.OBJECT, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, pk: int) -> Response:
        actor = _check(request)
        rows = NoticeItem.objects.visible_to(request.user).select_related("draft", "like")
        item = get_object_or_404(rows, pk=pk)
        if not isinstance(request.data, dict):
            raise serializers.ValidationError({"non_field_errors": ["请给出一组“名称: 值”。"]})
        try:
            item = correcting.correct(item, request.data, actor)
        except ValidationError as error:
            raise serializers.ValidationError({"non_field_errors": error.messages}) from error
        return Response({"id": item.pk, "state": item.state, "version": item.version})


class AdoptView(APIView):
    """Make the accepted items of a draft a plan. Asked again it adds nothing."""

    @extend_schema(request=AdoptionSerializer, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, pk: int) -> Response:
        actor = _check(request)
        given = AdoptionSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        draft = get_object_or_404(NoticeDraft.objects.visible_to(request.user).select_related("plan"), pk=pk)
        try:
            done = adopting.adopt(draft, actor, version=given.validated_data.get("version"))
        except ValidationError as error:
            raise serializers.ValidationError({"non_field_errors": error.messages}) from error
        return Response({"plan": done.plan.pk, "title": done.plan.title, "made": dict(done.made)})


def notice_api_urls() -> list:
    """Addresses beside those of the ledgers."""
    return [
        path("notice-drafts/read/", ReadView.as_view(), name="api-notice-drafts-read"),
        path("notice-drafts/<int:pk>/adopt/", AdoptView.as_view(), name="api-notice-drafts-adopt"),
        path("notice-items/<int:pk>/correct/", CorrectView.as_view(), name="api-notice-items-correct"),
        path("notice-items/<int:pk>/decide/", DecideView.as_view(), name="api-notice-items-decide"),
    ]
