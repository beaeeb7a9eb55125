"""What is done to a document beside its flow: drafting it, changing what it says, printing, signing for it."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST, require_safe

from supervision.flows.errors import FlowError
from supervision.flows.history import Actor
from supervision.flows.reach import model_named
from supervision.people.models import Organization

from . import registry, services
from .flow import DELIVERED, DRAFT
from .forms import ContentsForm
from .models import Delivery, Document
from .word import TemplateFault

WORD_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def document_for(request: HttpRequest, pk: int) -> Document:
    """The document, if this person sees it."""
    return get_object_or_404(Document.objects.visible_to(request.user), pk=pk)


def to(document: Document) -> HttpResponse:
    return redirect("documents:detail", pk=document.pk)


@require_POST
def draft(request: HttpRequest, label: str, pk: int, code: str) -> HttpResponse:
    """Draft a document of kind `code` on a record, and go on to fill it in."""
    try:
        kind = registry.kind_of(code)
        record = get_object_or_404(model_named(label).objects.visible_to(request.user), pk=pk)
        if not kind.fits(record):
            raise PermissionDenied(f"该记录现在不能拟“{kind.label}”。")
        document = services.draft(record, code, Actor.of(request.user, "page"))
    except (LookupError, ValueError):
        raise Http404 from None
    except FlowError as error:
        raise PermissionDenied(error.message) from error
    return redirect("edit_document", pk=document.pk)


def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a draft's contents and recipients."""
    document = document_for(request, pk)
    if document.status != DRAFT or not services.may_handle(document, request.user):
        raise PermissionDenied("您现在不能修改这份文书。")
    form = ContentsForm(document, request.POST or None)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            actor = Actor.of(request.user, "page")
            try:
                with transaction.atomic():
                    services.revise(document, form.values(), actor, version=form.cleaned_data["version"])
                    readdress(document, form.recipients(), actor)
            except FlowError as error:
                form.add_error(None, error.message)
                status = error.http_status
            except ValidationError as error:
                form.add_error(None, ValidationError(error.messages))
                status = 400
            else:
                messages.success(request, "已保存。")
                return to(document)
        else:
            status = 400
    return render(request, "documents/edit.html", {"document": document, "form": form}, status=status)


def readdress(document: Document, names: list[str], actor: Actor) -> None:
    """Make `names` the recipients of a draft: those left out are dropped, new ones are looked up."""
    services.unaddress(document, set(names), actor)
    services.address(document, named(names), actor)


def named(names: list[str]) -> list[Organization | str]:
    """The organisations of these names; a name that the portal does not have stays a name."""
    offices = {office.name: office for office in Organization.objects.filter(name__in=names)}
    return [offices.get(name, name) for name in names]


def word_file(content: bytes, name: str) -> HttpResponse:
    """A Word file to be saved."""
    response = HttpResponse(content, content_type=WORD_TYPE)
    response["Content-Disposition"] = content_disposition_header(True, name)
    return response


@require_safe
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """A draft as Word file, without number and date."""
    document = document_for(request, pk)
    if document.status != DRAFT:
        raise Http404
    try:
        content = services.preview(document)
    except TemplateFault as error:
        messages.error(request, str(error))
        return to(document)
    return word_file(content, f"{document.title[:80]}（草稿）.docx")


@require_POST
def renew(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a draft anew from its record."""
    return attempt(request, document_for(request, pk), services.renew, "已按记录重新取数。")


@require_POST
def acknowledge(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign for a document on behalf of one's unit."""
    return attempt(request, document_for(request, pk), services.acknowledge, "已签收。")


@require_POST
def print_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Order the PDF once more, after the first attempt failed."""
    document = document_for(request, pk)
    if not services.may_handle(document, request.user):
        raise PermissionDenied("您不能办理这份文书。")
    return attempt(request, document, services.print_again, "已重新排版，稍后刷新即可下载 PDF。")


@require_POST
def record_receipt(request: HttpRequest, pk: int, delivery: int) -> HttpResponse:
    """Enter a receipt that was signed on paper."""
    document = document_for(request, pk)
    row = get_object_or_404(document.deliveries, pk=delivery)
    name = request.POST.get("receiver", "")
    return attempt(
        request, document, lambda _, actor: services.record_receipt(row, actor, name), "已登记签收。"
    )


@require_safe
def receipt(request: HttpRequest, pk: int, delivery: int) -> HttpResponse:
    """The 送达回执 of one recipient, to be signed on paper."""
    return receipt_file(document_for(request, pk), delivery)


def receipt_file(document: Document, delivery: int) -> HttpResponse:
    row: Delivery = get_object_or_404(document.deliveries, pk=delivery)
    if document.status != DELIVERED:
        raise Http404
    return word_file(services.receipt_of(row), f"送达回执-{row.name[:60]}.docx")


def attempt(request: HttpRequest, document: Document, act, done: str) -> HttpResponse:
    try:
        act(document, Actor.of(request.user, "page"))
    except FlowError as error:
        messages.error(request, error.message)
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, done)
    return to(document)
