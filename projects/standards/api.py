"""Standards, for programs: a version's content, its difference to another, a workbook taken as a draft."""

from __future__ import annotations

from dataclasses import asdict

from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from supervision.flows.errors import NotAllowed
from supervision.flows.history import Actor
from supervision.ledgers.registry import get
from supervision.rules.numbers import whole_number

from ..models import Standard, StandardVersion
from . import upload as service
from .store import spec_of


class StandardUploadSerializer(serializers.Serializer):
    """`standard` is the code of the standard the workbook is a version of."""

    standard = serializers.CharField(max_length=30)
    file = serializers.FileField()


def visible(request: Request, pk: int) -> StandardVersion:
    ledger = get("standard-versions")
    if not ledger.may_view(request.user):
        raise NotAllowed(f"您的角色不能查看“{ledger.label}”。")
    return get_object_or_404(ledger.queryset(request.user), pk=pk)


class ContentView(APIView):
    """Everything a score under this version depends on; figures as text."""

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, pk: int) -> Response:
        return Response(service.content(spec_of(visible(request, pk))))


class CompareView(APIView):
    """What this version changes against another, by default the one before it."""

    @extend_schema(
        parameters=[OpenApiParameter("with", OpenApiTypes.INT, description="与之比较的版本")],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request, pk: int) -> Response:
        version = visible(request, pk)
        chosen = whole_number(request.query_params.get("with"))
        other = visible(request, chosen) if chosen is not None else None
        compared = service.changes_against(version, other)
        return Response(
            {
                "version": version.pk,
                "other": compared["other"].pk if compared["other"] else None,
                "changes": [asdict(change) for change in compared["changes"]],
            }
        )


class UploadView(APIView):
    """Take a workbook as a draft. 400 lists every mistake with sheet, row and column; then nothing is written."""

    parser_classes = (MultiPartParser,)

    @extend_schema(
        request=StandardUploadSerializer, responses={201: OpenApiTypes.OBJECT, 400: OpenApiTypes.OBJECT}
    )
    def post(self, request: Request) -> Response:
        if not get("standard-versions").may_create(request.user):
            raise NotAllowed("您的角色不能上传标准版本。")
        given = StandardUploadSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        standard = (
            Standard.objects.visible_to(request.user).filter(code=given.validated_data["standard"]).first()
        )
        if standard is None:
            raise serializers.ValidationError({"standard": ["没有这个评价标准。"]})
        version, faults = service.take(standard, given.validated_data["file"], Actor.of(request.user, "api"))
        if version is None:
            body = {
                "code": "invalid",
                "message": "工作簿有误，没有写入。",
                "faults": [asdict(f) for f in faults],
            }
            return Response(body, status=status.HTTP_400_BAD_REQUEST)
        return Response({"id": version.pk, "label": version.label}, status=status.HTTP_201_CREATED)


def standard_api_urls() -> list:
    """Addresses below /api/standard-versions/ beside those of the ledger."""
    return [
        path("standard-versions/upload/", UploadView.as_view(), name="api-standards-upload"),
        path("standard-versions/<int:pk>/content/", ContentView.as_view(), name="api-standards-content"),
        path("standard-versions/<int:pk>/compare/", CompareView.as_view(), name="api-standards-compare"),
    ]
