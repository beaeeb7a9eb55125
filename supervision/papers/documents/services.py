"""Official documents as other rooms use them: draft, revise, issue, deliver, see, acknowledge, make again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from supervision.flows import perform, records
from supervision.flows.errors import IllegalTransition, NotAllowed
from supervision.flows.history import Actor
from supervision.flows.reach import label_of
from supervision.papers import services as papers
from supervision.papers.models import Attachment
from supervision.people.models import BUSINESS_ROLES, Organization, OrganizationKind, User
from supervision.people.records import Record

from . import contents, issuing, markup, pdf, registry, word
from .flow import DELIVERED, DRAFT
from .models import PDF, WORD, Delivery, Document
from .numbers import issuing_body
from .registry import Signature

# Organisations in which the portal knows a role that signs as a leader.
LED = frozenset({OrganizationKind.BUREAU, OrganizationKind.OFFICE, OrganizationKind.ENFORCEMENT})


# Drafting


def draft(
    record: Record,
    code: str,
    actor: Actor,
    *,
    organization: Organization | None = None,
    recipients: Iterable[Organization | str] = (),
    values: Mapping[str, Any] | None = None,
) -> Document:
    """A draft of document `code` on a record, made by the function registered for it.

    organization  the office that handles it; the drafter's own when not given (the portal itself must say)
    recipients    organisations, or names of those that have no account; they may be changed until delivery
    values        fields of the contents to be set in place of what the function made

    While an office has a draft of this code on this record, that one comes back unchanged, so that a rerun
    makes no second one. Raises LookupError for an unknown code, NotAllowed for a person who may not draft it
    or a record of another kind, ValidationError.
    """
    kind = registry.kind_of(code)
    if label_of(type(record)) != kind.model:
        raise NotAllowed(f"{record._meta.verbose_name}不能拟“{kind.label}”。")
    user = actor.user
    if user is not None:
        mine = user.roles & kind.drafters
        if not mine or not type(record).objects.visible_to(user, mine).filter(pk=record.pk).exists():
            raise NotAllowed(f"您的角色不能拟“{kind.label}”。")
        if not kind.open_to(record, user):
            raise NotAllowed(f"“{kind.label}”由有关单位的人员拟。")
    office = organization or (user.organization if user else None)
    if office is None:
        raise ValidationError("请指定承办单位。", code="organization")
    if user is not None and not _acts_for(user, office, kind.drafters):
        raise NotAllowed("只能以本单位的名义拟稿。")
    if open_draft := _open_draft(record, code, office):
        return open_draft
    recipients = list(recipients)
    made = contents.plain(kind.make(record))
    if values:
        made = contents.revised(kind.paper.contents, made, values)
    if not recipients and kind.recipients is not None:
        recipients = [one for one in kind.recipients(record) if one]
    body = issuing_body(office)
    made["to"] = made["to"] or contents.text_of(contents.join(map(str, recipients)))
    made["office"] = made["office"] or body.name
    made["title"] = made["title"] or kind.label
    if not made["head"] and kind.paper.official:
        made["head"] = f"{body.name}文件"
    document = Document(
        model=kind.model,
        object_id=record.pk,
        code=code,
        signature=_signature(kind.signature, body),
        title=_title(made),
        organization=office,
        contents=made,
    )
    try:
        with transaction.atomic():
            document = records.create(document, actor, label="拟稿")
            address(document, recipients, actor)
    except (IntegrityError, ValidationError):
        # Somebody was first between the look and the write.
        if open_draft := _open_draft(record, code, office):
            return open_draft
        raise
    return document


def _open_draft(record: Record, code: str, office: Organization) -> Document | None:
    return of(record).filter(code=code, organization=office, status=DRAFT).first()


def _acts_for(user: User, office: Organization, roles: frozenset[str]) -> bool:
    """Whether a person holds one of `roles` in the office, one below it, or the body it belongs to."""
    paths = [m.organization.path for m in user.active_memberships if m.role in roles]
    return any(path.startswith(office.path) or office.path.startswith(path) for path in paths)


def _signature(wanted: str, body: Organization) -> str:
    return Signature.STAFF if wanted == Signature.LEADER and body.kind not in LED else wanted


def _title(made: Mapping[str, Any]) -> str:
    return " ".join(made["title"].split())[:300]


def revise(
    document: Document, values: Mapping[str, Any], actor: Actor, *, version: int | None = None
) -> Document:
    """Change fields of a draft's contents (see `contents.described` for what there is).

    Raises ValidationError by field, NotAllowed, IllegalTransition once it was issued, LostRace.
    """
    _check_draft(document, actor)
    made = contents.revised(document.kind.paper.contents, document.contents, values)
    changed = {"contents": made, "title": _title(made) or document.kind.label}
    return records.update(document, changed, actor, version=version, label="修改文书")


def renew(document: Document, actor: Actor) -> Document:
    """Make a draft's contents anew from its record as it is now; what was changed by hand is lost."""
    _check_draft(document, actor)
    record = document.record
    if record is None:
        raise ValidationError("文书所属的记录已删除。", code="gone")
    fresh = contents.plain(document.kind.make(record))
    kept = {name: document.contents[name] for name in ("office", "head", "title", "to") if not fresh[name]}
    made = fresh | kept
    return records.update(document, {"contents": made, "title": _title(made)}, actor, label="重新取数")


def _check_draft(document: Document, actor: Actor) -> None:
    if document.status != DRAFT:
        raise IllegalTransition(f"“{document.status_label}”的文书不能再改。")
    if actor.user is not None and not may_handle(document, actor.user):
        raise NotAllowed("您不能修改这份文书。")


def may_handle(document: Document, user: User) -> bool:
    """Whether a person belongs to the office that handles a document, in a role that drafts such papers."""
    roles = registry.DRAFTERS[document.signature]
    return _acts_for(user, document.organization, roles) and (
        Document.objects.visible_to(user, roles).filter(pk=document.pk).exists()
    )


# Issuing and sending out


def issue(document: Document, actor: Actor, *, approved_by: str = "", version: int | None = None) -> Document:
    """Sign a draft: it takes its number, its Word file is made at once and its PDF ordered.

    `approved_by` names the leader where a clerk enters a leader's decision. One transaction: when anything
    fails, the number is given back. Raises IllegalTransition, NotAllowed, LostRace, ValidationError with what
    is still missing, NoPool, TemplateFault.
    """
    return perform.perform(document, "issue", actor, {"approved_by": approved_by}, version=version)


def void(document: Document, actor: Actor, reason: str) -> Document:
    """Drop a draft, or a signed document that was not sent out yet; its number is not used again."""
    return perform.perform(document, "void", actor, {"opinion": reason})


def address(
    document: Document, recipients: Iterable[Organization | str], actor: Actor, *, method: str = ""
) -> list[Delivery]:
    """Add recipients to a document that was not sent out yet; those it has stay as they are."""
    if document.status == DELIVERED:
        raise IllegalTransition("文书已送达，不能再加受送达单位。")
    added = []
    known = set(document.deliveries.values_list("name", flat=True))
    for recipient in recipients:
        office = recipient if isinstance(recipient, Organization) else None
        name = contents.clean(office.name if office else str(recipient))
        if not name or name in known:
            continue
        known.add(name)
        default = Delivery.Method.PORTAL if office else Delivery.Method.HAND
        delivery = Delivery(document=document, organization=office, name=name, method=method or default)
        added.append(records.create(delivery, actor, label="指定送达单位"))
    return added


def unaddress(document: Document, kept: set[str], actor: Actor) -> None:
    """Drop the recipients of a draft whose names are not in `kept`."""
    if document.status != DRAFT:
        raise IllegalTransition("文书已签发，不能减少受送达单位。")
    for delivery in document.deliveries.exclude(name__in=kept):
        records.delete(delivery, actor, reason="改送达单位")


def deliver(
    document: Document,
    recipients: Iterable[Organization | str],
    actor: Actor,
    *,
    method: str = "",
    version: int | None = None,
) -> Document:
    """Send a signed document to its recipients: those named before and those named here.

    From now on whoever sees the record sees the document. Raises IllegalTransition, NotAllowed, LostRace,
    ValidationError without any recipient.
    """
    with transaction.atomic():
        address(document, recipients, actor, method=method)
        return perform.perform(document, "deliver", actor, version=version)


# Receiving


def deliveries_to(document: Document, user: User) -> QuerySet[Delivery]:
    """The deliveries of a document that are addressed to an organisation this person acts for."""
    offices = {
        int(step)
        for membership in user.active_memberships
        if membership.role in BUSINESS_ROLES
        for step in membership.organization.path.split("/")
        if step
    }
    return document.deliveries.filter(organization__in=offices, sent_at__isnull=False)


def see(document: Document, actor: Actor) -> None:
    """Note that a recipient opened the document, the first time it happens. For others nothing is noted."""
    for delivery in deliveries_to(document, actor.user).filter(seen_at__isnull=True):
        _once(delivery, {"seen_at": timezone.now(), "seen_by": actor.user}, "seen_at", actor, "查看文书")


def acknowledge(document: Document, actor: Actor) -> Document:
    """Sign for a document on behalf of one's organisation; the last recipient's makes it 已签收.

    Raises NotAllowed for people of other organisations, IllegalTransition when it was signed for already.
    """
    mine = list(deliveries_to(document, actor.user))
    if not mine or not Document.objects.visible_to(actor.user).filter(pk=document.pk).exists():
        raise NotAllowed("这份文书不是送达您单位的。")
    with transaction.atomic():
        see(document, actor)
        signed = [_receive(delivery, actor, actor.name, timezone.now()) for delivery in mine]
        if not any(signed):
            raise IllegalTransition("您单位已签收这份文书。")
        return _settle(document, actor)


def record_receipt(
    delivery: Delivery, actor: Actor, receiver: str, *, at: Any = None, method: str = ""
) -> Document:
    """Enter a receipt that was signed on paper. `at` is the moment of signing, now when not given.

    Raises NotAllowed unless the person handles the document, ValidationError, IllegalTransition.
    """
    document = delivery.document
    if actor.user is not None and not may_handle(document, actor.user):
        raise NotAllowed("只有承办单位能登记送达回执。")
    if delivery.sent_at is None:
        raise IllegalTransition("文书尚未送达。")
    receiver, at = contents.clean(receiver), at or timezone.now()
    if not receiver:
        raise ValidationError({"receiver": "请填写签收人。"})
    if not delivery.sent_at.date() <= at.date() or at > timezone.now():
        raise ValidationError({"at": "签收时间应在送达之后、现在之前。"})
    with transaction.atomic():
        if not _receive(delivery, actor, receiver, at, method or delivery.method):
            raise IllegalTransition("该单位已签收。")
        return _settle(document, actor)


def _receive(delivery: Delivery, actor: Actor, receiver: str, at: Any, method: str = "") -> bool:
    values = {"received_at": at, "receiver": receiver[:60], "method": method or delivery.method}
    return _once(delivery, values, "received_at", actor, "签收文书")


def _once(delivery: Delivery, values: dict[str, Any], mark: str, actor: Actor, label: str) -> bool:
    """Write `values` unless `mark` is set; of two at once one gets True."""
    with transaction.atomic():
        fresh = Delivery.objects.select_for_update().get(pk=delivery.pk)
        if getattr(fresh, mark) is not None:
            return False
        records.update(fresh, values, actor, label=label)
        return True


def _settle(document: Document, actor: Actor) -> Document:
    # The row first: of two recipients who sign at once, the second sees what the first has written.
    fresh = Document.objects.select_for_update().get(pk=document.pk)
    if fresh.acknowledged_at is None and not fresh.deliveries.filter(received_at__isnull=True).exists():
        fresh = records.update(fresh, {"acknowledged_at": timezone.now()}, actor, label="全部签收")
        if fresh.kind.acknowledged is not None and fresh.record is not None:
            fresh.kind.acknowledged(fresh.record, fresh, actor)
    return fresh


def receipt_of(delivery: Delivery) -> bytes:
    """The 送达回执 of one delivery as .docx, filled with what is known: to be printed and signed on paper."""
    paper = registry.paper_of("delivery_receipt")
    document = delivery.document
    filled = paper.contents(
        office=document.contents.get("office", ""),
        to=delivery.name,
        title="送达回执",
        document=document.title,
        document_number=document.number,
        method=delivery.get_method_display(),
        sent_at=delivery.sent_at,
        deliverer=delivery.sent_by or "",
        seen_at=delivery.seen_at,
        received_at=delivery.received_at,
        receiver=delivery.receiver,
    )
    return word.fill(paper.build(), contents.plain(filled))


# Files


def of(record: Record) -> QuerySet[Document]:
    """All documents on a record, the newest first, before scope: narrow it with `visible_to`."""
    return Document.objects.filter(model=label_of(type(record)), object_id=record.pk)


def file_of(document: Document, kind: str) -> Attachment | None:
    """The file of a document, `models.WORD` or `models.PDF`; None while there is none."""
    return papers.of(document).valid().filter(kind=kind).last()


def preview(document: Document) -> bytes:
    """A draft as .docx, as it would be issued now, without number and date. Raises TemplateFault."""
    from . import templates

    content = templates.blank(document.kind.paper.code, document.organization)
    return word.fill(content, document.contents)


def remake(document: Document, kind: str) -> bytes:
    """An issued document's file made again from its contents and template, for comparing with the stored one.

    The Word file comes out byte by byte the same; the PDF does under the same version of the press.
    """
    if document.template_id is None:
        raise IllegalTransition("文书尚未签发。")
    content = issuing.word_of(document)
    return content if kind == WORD else pdf.print_html(markup.as_html(content))


def print_again(document: Document, actor: Actor) -> None:
    """Order the PDF of an issued document once more, after the first attempt failed. A PDF that is there
    already stays the only one."""
    if document.template_id is None:
        raise IllegalTransition("文书尚未签发。")
    issuing.order_pdf(document, actor)


def print_pdf(document: Document, actor: Actor) -> Attachment:
    """Print an issued document's PDF here and now and put it on the document; the one it has comes back.

    For workers: takes about a second of CPU. Raises PrintFailed, StorageFailed.
    """
    if found := file_of(document, PDF):
        return found
    stored = file_of(document, WORD)
    file = papers.file_of(stored) if stored else None
    content = file.read_bytes() if file else issuing.word_of(document)
    issuing.attach_pdf(document, pdf.print_html(markup.as_html(content)), actor)
    return file_of(document, PDF)
