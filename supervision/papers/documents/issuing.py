"""What happens inside the transitions of a document: number and signature, the Word file, the sending out.

Called by the document's flow and by `Document.after_write`, so that a page, the interface and a service all
go one way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.files.base import ContentFile
from django.utils import timezone

from supervision.flows import records
from supervision.flows.history import Actor
from supervision.jobs import services as jobs
from supervision.papers import services as papers
from supervision.rules.numbers import date_cn

from . import contents, numbers, templates, word
from .models import PDF, WORD

if TYPE_CHECKING:
    from .models import Document

PRINT_JOB = "print_document"


def missing_for_issue(document: Document) -> list[str]:
    """What still stands in the way of issuing a draft, as Chinese sentences."""
    kind = document.kind
    found = contents.missing(kind.paper.contents, document.contents)
    try:
        numbers.can_number(kind.pools, document.organization)
    except numbers.NoPool as error:
        found.append(error.message)
    return found


def sign(document: Document, actor: Actor) -> None:
    """Give a document its numbers, date, signer and template. Inside the transaction that saves it."""
    kind = document.kind
    today = timezone.localdate()
    pools = numbers.pools_for(kind.pools, document.organization, actor)
    taken = [*numbers.take_all(pools, today.year), "", ""]
    if kind.number is not None and not pools:
        taken[0] = contents.text_of(kind.number(document.record))
    document.number, document.second_number = taken[:2]
    document.issued_on = today
    document.signed_by = actor.user
    document.template = templates.current(kind.paper, document.organization, actor)
    document.contents = document.contents | {
        "number": document.number,
        "second_number": document.second_number,
        "issued_on": date_cn(today),
        "signer": contents.text_of(document.approved_by or actor.name),
    }


def word_of(document: Document) -> bytes:
    """The Word file of an issued document, made from its template and contents: the same bytes every time.

    Raises TemplateFault or StorageFailed.
    """
    return word.fill(templates.content_of(document.template), document.contents)


def print_word(document: Document, actor: Actor) -> None:
    """Put the Word file on a document just issued, and order its PDF."""
    _attach(document, word_of(document), "docx", WORD, actor)
    order_pdf(document, actor)


def order_pdf(document: Document, actor: Actor) -> None:
    """Let a worker print the PDF once this transaction has committed."""
    jobs.enqueue(
        PRINT_JOB,
        {"document": document.pk},
        user=actor.user,
        key=f"document:{document.pk}",
        label=f"生成 PDF：{document.title[:80]}",
    )


def attach_pdf(document: Document, content: bytes, actor: Actor) -> None:
    _attach(document, content, "pdf", PDF, actor)


def _attach(document: Document, content: bytes, extension: str, kind: str, actor: Actor) -> None:
    name = f"{document.number}{document.title}"[:100].replace("\n", "")
    papers.attach(document, ContentFile(content, f"{name}.{extension}"), kind, actor)


def stamp_delivery(document: Document) -> None:
    document.delivered_at = timezone.now()


def mark_sent(document: Document, actor: Actor) -> None:
    """Say on every recipient's row that the document went out."""
    for delivery in document.deliveries.filter(sent_at__isnull=True):
        values = {"sent_at": document.delivered_at, "sent_by": actor.user}
        records.update(delivery, values, actor, label="送达")
