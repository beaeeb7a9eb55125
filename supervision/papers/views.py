"""Handing out files, always through the scope of the record they are on."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from supervision.flows.history import Actor
from supervision.flows.reach import visible_about

from . import archive, services
from .models import Attachment
from .names import clean_name

GONE = "文件不在存储中，请联系系统管理员。"


def sealed(response: HttpResponseBase) -> HttpResponseBase:
    """Keep what a file contains from acting in the portal's name and from staying on a shared machine."""
    response["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = "private, no-store"
    return response


def visible(request: HttpRequest, pk: int) -> Attachment:
    rows = Attachment.objects.filter(pk=pk)
    label = rows.values_list("model", flat=True).first()
    attachment = visible_about(rows, request.user, label).first()
    if attachment is None:
        raise Http404
    return attachment


@login_required
@require_safe
def download(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The file as it came, for saving, never for showing."""
    return whole(visible(request, pk), Actor.of(request.user, "page"))


@login_required
@require_safe
def preview(request: HttpRequest, pk: int) -> HttpResponseBase:
    """An image redrawn at up to 1,600 pixels, or a PDF; 404 for files that are only downloaded."""
    attachment, actor = visible(request, pk), Actor.of(request.user, "page")
    if attachment.mime == "application/pdf":
        return whole(attachment, actor, inline=True)
    return _drawn(attachment, "preview", actor)


@login_required
@require_safe
def thumb(request: HttpRequest, pk: int) -> HttpResponseBase:
    """An image redrawn at up to 320 pixels; 404 for other files."""
    return _drawn(visible(request, pk), "thumb", Actor.of(request.user, "page"))


@login_required
@require_safe
def download_all(request: HttpRequest) -> HttpResponseBase:
    """All files of the record named by `model` and `object_id`, as a ZIP; 404 when there are none to see."""
    try:
        object_id = int(request.GET.get("object_id", ""))
    except ValueError:
        raise Http404 from None
    label = request.GET.get("model", "")
    rows = visible_about(Attachment.objects.filter(object_id=object_id), request.user, label)
    attachments = list(rows.order_by("at", "pk"))
    if not attachments:
        raise Http404
    services.read(attachments, Actor.of(request.user, "page"))
    title = clean_name(str(attachments[0].record or label)).replace(".", "_")
    response = StreamingHttpResponse(archive.stream(attachments), content_type="application/zip")
    name = f"{title}_附件_{timezone.localdate():%Y%m%d}.zip"
    response["Content-Disposition"] = content_disposition_header(True, name)
    return sealed(response)


def whole(attachment: Attachment, actor: Actor, *, inline: bool = False) -> HttpResponseBase:
    """The file as it came, given to `actor`, who may see it."""
    file = services.file_of(attachment)
    if file is None:
        raise Http404(GONE)
    services.read([attachment], actor)
    return sealed(
        FileResponse(
            file.open("rb"), as_attachment=not inline, filename=attachment.name, content_type=attachment.mime
        )
    )


def _drawn(attachment: Attachment, variant: str, actor: Actor) -> HttpResponse:
    content = services.drawn(attachment, variant)
    if content is None:
        raise Http404(GONE if attachment.is_image else "")
    services.read([attachment], actor, small=variant == "thumb")
    return sealed(HttpResponse(content, content_type="image/jpeg"))
