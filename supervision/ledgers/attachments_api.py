"""Attachments in the API: list those one may see, put one on a record, fetch its content, mark it void."""

from __future__ import annotations

import django_filters
from django.http import HttpResponseBase
from django.urls import path, reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.parsers import FormParser, JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from supervision.flows.errors import NotAllowed
from supervision.flows.history import Actor
from supervision.flows.reach import label_of, visible_about
from supervision.papers import services
from supervision.papers.models import Attachment
from supervision.papers.views import whole

from .api import plain_body
from .ledger import Ledger
from .registry import all_ledgers


class AttachmentSerializer(serializers.ModelSerializer):
    url = serializers.SerializerMethodField()

    class Meta:
        model = Attachment
        fields = [
            "id",
            "model",
            "object_id",
            "kind",
            "name",
            "size",
            "sha256",
            "mime",
            "uploader_name",
            "organization_name",
            "at",
            "void_at",
            "void_reason",
            "url",
        ]
        read_only_fields = fields

    def get_url(self, attachment: Attachment) -> str:
        return reverse("attachment", args=[attachment.pk])


class UploadSerializer(serializers.Serializer):
    """`ledger` is a ledger's name (candidacies) or the record's model (projects.candidacy)."""

    ledger = serializers.CharField()
    object_id = serializers.IntegerField(min_value=1)
    kind = serializers.CharField(max_length=60, default="其他")
    file = serializers.FileField()


class AttachmentFilter(django_filters.FilterSet):
    class Meta:
        model = Attachment
        fields = ["model", "object_id", "kind"]


class AttachmentViewSet(viewsets.ReadOnlyModelViewSet):
    """Files on records, within the reader's scope. POST multipart: ledger, object_id, kind, file."""

    serializer_class = AttachmentSerializer
    filterset_class = AttachmentFilter
    parser_classes = [MultiPartParser, FormParser, JSONParser]
    queryset = Attachment.objects.none()

    def get_queryset(self):
        rows, label = Attachment.objects.order_by("-pk"), self.request.query_params.get("model")
        if pk := self.kwargs.get("pk"):
            label = rows.filter(pk=pk).values_list("model", flat=True).first()
        elif not label:
            return rows.visible_to(self.request.user)
        return visible_about(rows, self.request.user, label)

    @extend_schema(request={"multipart/form-data": UploadSerializer}, responses=AttachmentSerializer)
    def create(self, request: Request) -> Response:
        given = UploadSerializer(data=plain_body(request))
        given.is_valid(raise_exception=True)
        data = given.validated_data
        ledger = named(data["ledger"])
        record = ledger.queryset(request.user).filter(pk=data["object_id"]).first()
        if record is None:
            raise serializers.ValidationError({"object_id": ["没有这条记录，或您无权查看。"]})
        if not ledger.may_attach(record, request.user):
            raise NotAllowed("您现在不能在此记录上传附件。")
        made = services.attach(record, data["file"], data["kind"], Actor.of(request.user, "api"))
        return Response(self.get_serializer(made).data, status=201)

    @extend_schema(request=OpenApiTypes.OBJECT, responses=AttachmentSerializer)
    @action(detail=True, methods=["post"])
    def void(self, request: Request, pk: str | None = None) -> Response:
        """Mark a file as no longer valid: `reason` is required, the file stays."""
        attachment = self.get_object()
        ledger = named(attachment.model)
        record = ledger.queryset(request.user).filter(pk=attachment.object_id).first()
        if record is None or not ledger.may_void(record, attachment, request.user):
            raise NotAllowed("您现在不能作废此附件。")
        made = services.void(
            attachment, Actor.of(request.user, "api"), str(plain_body(request).get("reason", ""))
        )
        return Response(self.get_serializer(made).data)

    @extend_schema(responses=OpenApiTypes.BINARY)
    @action(detail=True, methods=["get"])
    def content(self, request: Request, pk: str | None = None) -> HttpResponseBase:
        """The file itself."""
        return whole(self.get_object(), Actor.of(request.user, "api"))


def named(word: str) -> Ledger:
    """The ledger called `word`, or that of the model `word`. Raises a 400 naming the field."""
    for ledger in all_ledgers():
        if word in (ledger.slug, label_of(ledger.model)) and ledger.keeps_history:
            return ledger
    raise serializers.ValidationError({"ledger": [f"没有名为“{word}”的台账。"]})


def attachment_urls() -> list:
    """Addresses below /api/attachments/."""
    one = {"get": "retrieve"}
    return [
        path(
            "attachments/",
            AttachmentViewSet.as_view({"get": "list", "post": "create"}),
            name="api-attachments-list",
        ),
        path("attachments/<int:pk>/", AttachmentViewSet.as_view(one), name="api-attachments-detail"),
        path(
            "attachments/<int:pk>/void/",
            AttachmentViewSet.as_view({"post": "void"}),
            name="api-attachments-void",
        ),
        path(
            "attachments/<int:pk>/content/",
            AttachmentViewSet.as_view({"get": "content"}),
            name="api-attachments-content",
        ),
    ]
