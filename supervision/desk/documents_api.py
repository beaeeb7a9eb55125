"""What is done to documents beside their flow, for programs: the same services as the pages call.

Listing, reading, issuing, delivering and voiding go by the ledger's own addresses below /api/documents/.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError as BadRequest
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from supervision.flows.errors import NotAllowed
from supervision.flows.history import Actor
from supervision.flows.reach import model_named
from supervision.ledgers.api import plain_body
from supervision.papers.documents import contents, pages, registry, services
from supervision.papers.documents.flow import DRAFT
from supervision.papers.documents.models import Delivery, Document
from supervision.people.records import Record


class NamesField(serializers.ListField):
    """Names of units; one that the portal knows is that unit."""

    def __init__(self, **kwargs: Any):
        super().__init__(
            child=serializers.CharField(max_length=300), max_length=100, required=False, **kwargs
        )


class DraftSerializer(serializers.Serializer):
    """`record` is a record of `model` (safety.hiddendanger); `contents` sets fields in place of what the record
    gives; `recipients` are names of units."""

    model = serializers.CharField(max_length=100)
    record = serializers.IntegerField(min_value=1, max_value=2**62)
    code = serializers.CharField(max_length=60)
    contents = serializers.DictField(required=False)
    recipients = NamesField()


class ContentsSerializer(serializers.Serializer):
    """What is left out stays; `version` is the one that was seen."""

    version = serializers.IntegerField(required=False)
    contents = serializers.DictField(required=False)
    recipients = NamesField()


class ReceiptSerializer(serializers.Serializer):
    """A receipt signed on paper; `at` is now when left out."""

    receiver = serializers.CharField(max_length=60)
    at = serializers.DateTimeField(required=False)


def read(kind: type[serializers.Serializer], request: Request) -> dict[str, Any]:
    given = kind(data=plain_body(request))
    given.is_valid(raise_exception=True)
    return given.validated_data


def told(document: Document) -> dict[str, Any]:
    """A document with what it says and to whom it goes."""
    fields = contents.described(document.kind.paper.contents)
    return {
        "id": document.pk,
        "code": document.code,
        "title": document.title,
        "number": document.number,
        "status": document.status,
        "version": document.version,
        "labels": {name: label for name, label, _ in fields},
        "contents": document.contents,
        "deliveries": [
            {
                "id": row.pk,
                "name": row.name,
                "organization": row.organization_id,
                "method": row.method,
                "sent_at": row.sent_at,
                "seen_at": row.seen_at,
                "received_at": row.received_at,
                "receiver": row.receiver,
            }
            for row in document.deliveries.order_by("pk")
        ],
    }


def record_named(request: Request, label: str, pk: int) -> Record:
    """The record of a kind that has documents, if this person sees it."""
    if label not in registry.host_models():
        raise Http404
    return get_object_or_404(model_named(label).objects.visible_to(request.user), pk=pk)


class DraftsView(APIView):
    """The kinds of document that can be drafted on a record now; drafting one."""

    @extend_schema(
        parameters=[
            OpenApiParameter("model", OpenApiTypes.STR, required=True),
            OpenApiParameter("record", OpenApiTypes.INT, required=True),
        ],
        responses=OpenApiTypes.OBJECT,
        summary="可拟的文书",
    )
    def get(self, request: Request) -> Response:
        label, pk = request.query_params.get("model", ""), request.query_params.get("record", "")
        if not (pk.isascii() and pk.isdigit() and len(pk) < 19):
            raise BadRequest({"record": ["请填写记录编号。"]})
        record = record_named(request, label, int(pk))
        kinds = [kind for kind in registry.kinds_for(label) if request.user.roles & kind.drafters]
        open_now = [kind for kind in kinds if kind.open_to(record, request.user) and kind.fits(record)]
        return Response([{"code": kind.code, "label": kind.label} for kind in open_now])

    @extend_schema(request=DraftSerializer, responses={201: OpenApiTypes.OBJECT}, summary="拟稿")
    def post(self, request: Request) -> Response:
        """Draft a document on a record; an open draft of the same kind by the same office comes back as it is."""
        given = read(DraftSerializer, request)
        record = record_named(request, given["model"], given["record"])
        try:
            kind = registry.kind_of(given["code"])
        except LookupError as error:
            raise BadRequest({"code": [str(error)]}) from None
        if kind.model == given["model"] and not kind.fits(record):
            raise NotAllowed(f"该记录现在不能拟“{kind.label}”。")
        made = services.draft(
            record,
            kind.code,
            Actor.of(request.user, "api"),
            recipients=pages.named(given.get("recipients", [])),
            values=given.get("contents"),
        )
        return Response(told(made), status=201)


class DocumentView(APIView):
    """Base: one document that the reader sees."""

    def document(self, request: Request, pk: int) -> Document:
        return get_object_or_404(Document.objects.visible_to(request.user), pk=pk)

    def answer(self, pk: int) -> Response:
        return Response(told(Document.objects.get(pk=pk)))


class ContentsView(DocumentView):
    @extend_schema(responses=OpenApiTypes.OBJECT, summary="文书内容")
    def get(self, request: Request, pk: int) -> Response:
        """What a document says, and to whom it goes. A recipient's reading is noted, as on its page."""
        document = self.document(request, pk)
        services.see(document, Actor.of(request.user, "api"))
        return self.answer(pk)

    @extend_schema(request=ContentsSerializer, responses=OpenApiTypes.OBJECT, summary="修改草稿")
    def put(self, request: Request, pk: int) -> Response:
        """Change a draft's contents and recipients, both or neither. 409 when it was changed since `version`."""
        document, given = self.document(request, pk), read(ContentsSerializer, request)
        actor = Actor.of(request.user, "api")
        with transaction.atomic():
            services.revise(document, given.get("contents", {}), actor, version=given.get("version"))
            if "recipients" in given:
                pages.readdress(document, given["recipients"], actor)
        return self.answer(pk)


class ActView(DocumentView):
    """Base: an act without a body."""

    def act(self, document: Document, actor: Actor) -> Any:
        raise NotImplementedError

    @extend_schema(request=None, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, pk: int) -> Response:
        self.act(self.document(request, pk), Actor.of(request.user, "api"))
        return self.answer(pk)


class RenewView(ActView):
    """Make a draft anew from its record; what was changed by hand is lost."""

    def act(self, document: Document, actor: Actor) -> Any:
        services.renew(document, actor)


class AcknowledgeView(ActView):
    """Sign for a document on behalf of one's unit."""

    def act(self, document: Document, actor: Actor) -> Any:
        services.acknowledge(document, actor)


class PrintAgainView(ActView):
    """Order the PDF once more, after the first attempt failed."""

    def act(self, document: Document, actor: Actor) -> Any:
        if not services.may_handle(document, actor.user):
            raise NotAllowed("您不能办理这份文书。")
        services.print_again(document, actor)


class ReceiptView(DocumentView):
    @extend_schema(request=ReceiptSerializer, responses=OpenApiTypes.OBJECT, summary="登记纸质回执")
    def post(self, request: Request, pk: int, delivery: int) -> Response:
        """Enter a receipt that was signed on paper."""
        document, given = self.document(request, pk), read(ReceiptSerializer, request)
        row: Delivery = get_object_or_404(document.deliveries, pk=delivery)
        services.record_receipt(row, Actor.of(request.user, "api"), given["receiver"], at=given.get("at"))
        return self.answer(pk)


class PreviewView(DocumentView):
    @extend_schema(responses={(200, pages.WORD_TYPE): OpenApiTypes.BINARY}, summary="草稿的 Word 文件")
    def get(self, request: Request, pk: int) -> Any:
        """A draft as Word file, without number and date."""
        document = self.document(request, pk)
        if document.status != DRAFT:
            raise Http404
        try:
            return pages.word_file(services.preview(document), f"{document.title[:80]}（草稿）.docx")
        except pages.TemplateFault as error:
            raise BadRequest({"non_field_errors": [str(error)]}) from None


class ReceiptPaperView(DocumentView):
    @extend_schema(responses={(200, pages.WORD_TYPE): OpenApiTypes.BINARY}, summary="送达回执的 Word 文件")
    def get(self, request: Request, pk: int, delivery: int) -> Any:
        """The 送达回执 of one recipient, to be signed on paper."""
        return pages.receipt_file(self.document(request, pk), delivery)


def document_api_urls() -> list:
    """Addresses below /api/documents/ beside those of the ledger; they stand before it."""
    one = "documents/<int:pk>"
    return [
        path("documents/drafts/", DraftsView.as_view(), name="api-document-drafts"),
        path(f"{one}/contents/", ContentsView.as_view(), name="api-document-contents"),
        path(f"{one}/renew/", RenewView.as_view(), name="api-document-renew"),
        path(f"{one}/acknowledge/", AcknowledgeView.as_view(), name="api-document-acknowledge"),
        path(f"{one}/print-again/", PrintAgainView.as_view(), name="api-document-print"),
        path(f"{one}/draft.docx", PreviewView.as_view(), name="api-document-preview"),
        path(f"{one}/receipts/<int:delivery>/", ReceiptView.as_view(), name="api-document-receipt"),
        path(
            f"{one}/receipts/<int:delivery>/receipt.docx",
            ReceiptPaperView.as_view(),
            name="api-receipt-paper",
        ),
    ]
