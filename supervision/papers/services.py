"""Files on records: adding, voiding, counting, and keeping the store in order.

Who may add or void is the caller's to decide (the ledger knows the roles); these functions write what was
decided, always with an Event in the record's own history.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from supervision.flows import history
from supervision.flows.history import Actor, Breach
from supervision.flows.models import Event
from supervision.flows.reach import label_of
from supervision.people.records import Record

from . import blobs, formats, images
from .errors import WrongContent
from .models import Attachment
from .names import clean_name

log = logging.getLogger(__name__)

DEFAULT_MAX_BYTES = 50 * 1024 * 1024
# Keys of the events' `changes`; none is a field of a record, so the chain's fold leaves the record alone.
NAME, KIND, DIGEST = "附件", "附件类别", "SHA-256"
# Verbs of the events.
ATTACHED, VOIDED = "attach", "void_file"


# Whose files are not read unseen: label of the model → a function of the room above that writes it into the
# record's history. It is given the record, the files about to be handed out, whether only a small picture of them
# is, and who asks.
readings: dict[str, Callable[[Record, list[Attachment], bool, Actor], None]] = {}


def max_bytes() -> int:
    """The largest file taken, in bytes (setting PAPERS_MAX_BYTES)."""
    return getattr(settings, "PAPERS_MAX_BYTES", DEFAULT_MAX_BYTES)


def attach(record: Record, upload: File, kind: str, actor: Actor) -> Attachment:
    """Check an uploaded file, store it, and put it on a record.

    kind   what the file is for the record, in Chinese (申报表)
    Raises ValidationError (one sentence, no field) when the file is not taken, StorageFailed when the
    server cannot store it; then there is neither row nor event. The same file sent again under the same
    name and kind comes back as the attachment that is there already. Call it outside a transaction where
    possible: looking into a large file takes seconds, and only the end of it needs the database.
    """
    check_kind(kind)
    return put(record, receive(upload), kind, actor)


def check_kind(kind: str) -> None:
    """Raise ValidationError unless `kind` may name what a file is for."""
    kind = kind.strip()
    if not kind or len(kind) > Attachment._meta.get_field("kind").max_length:
        raise ValidationError("请选择附件类别。", code="kind")


@dataclass(frozen=True)
class Received:
    """A file in the store that is on no record yet. Put it on one within the day, or it is swept away."""

    name: str
    size: int
    sha256: str
    path: str
    finding: formats.Finding


def receive(upload: File) -> Received:
    """The first half of `attach`, all that takes long: check an uploaded file, store it. Raises like `attach`."""
    name = clean_name(upload.name)
    with blobs.receive(upload, max_bytes()) as incoming:
        finding = formats.inspect(incoming.file, name)
        path = blobs.keep(incoming)
    picture = finding.picture
    for variant, content in (picture.drawn if picture else {}).items():
        blobs.derived(incoming.sha256, variant, lambda content=content: content)
    return Received(name, incoming.size, incoming.sha256, path, finding)


def put(record: Record, received: Received, kind: str, actor: Actor) -> Attachment:
    """The second half of `attach`, which may stand in a transaction with what else is written."""
    kind, name, finding = kind.strip(), received.name, received.finding
    picture = finding.picture
    with transaction.atomic():
        attachment, created = Attachment.objects.get_or_create(
            model=label_of(type(record)),
            object_id=record.pk,
            kind=kind,
            name=name,
            sha256=received.sha256,
            void_at=None,
            defaults={
                "size": received.size,
                "mime": finding.mime,
                "path": received.path,
                "is_image": picture is not None,
                "width": picture and picture.width,
                "height": picture and picture.height,
                "taken_at": picture and picture.taken_at,
                "uploaded_by": actor.user,
                "uploader_name": actor.name,
                "organization_name": actor.organization_name,
            },
        )
        if created:
            changes = {NAME: [None, name], KIND: [None, kind], DIGEST: [None, received.sha256]}
            history.note(record, actor, verb=ATTACHED, label="上传附件", changes=changes)
    return attachment


def void(attachment: Attachment, actor: Actor, reason: str) -> Attachment:
    """Mark a file as no longer valid, with a reason; it stays listed and can still be read.

    Returns the attachment as it then is. Raises ValidationError without a reason, when it is void already,
    or when its record is gone.
    """
    reason = reason.strip()
    if not reason:
        raise ValidationError({"reason": "请填写作废原因。"})
    record = attachment.record
    if record is None:
        raise ValidationError("附件所属的记录已删除。", code="gone")
    with transaction.atomic():
        # Of two people at once, one voids it.
        voided = Attachment._base_manager.filter(pk=attachment.pk, void_at__isnull=True).update(
            void_at=timezone.now(), void_by=actor.user, void_name=actor.name, void_reason=reason
        )
        if not voided:
            raise ValidationError("该附件已经作废。", code="void")
        changes = {
            NAME: [attachment.name, None],
            KIND: [attachment.kind, None],
            DIGEST: [attachment.sha256, None],
        }
        history.note(record, actor, verb=VOIDED, label="作废附件", reason=reason, changes=changes)
    return Attachment.objects.get(pk=attachment.pk)


def read(attachments: Iterable[Attachment], actor: Actor, *, small: bool = False) -> None:
    """Say that somebody is about to be given files of one record, for those records that want to know (`readings`).

    small   only a picture of 320 pixels, as the record's own page shows beside each file
    """
    attachments = list(attachments)
    note = readings.get(attachments[0].model) if attachments else None
    if note and (record := attachments[0].record):
        note(record, attachments, small, actor)


def of(record: Record):
    """All attachments of a record, voided ones too, the newest last."""
    return Attachment.objects.filter(model=label_of(type(record)), object_id=record.pk).order_by("at", "pk")


def counts(record: Record) -> dict[str, int]:
    """How many files of each kind a record has, voided ones aside."""
    rows = of(record).valid().order_by().values_list("kind").annotate(number=Count("pk"))
    return dict(rows)


def file_of(attachment: Attachment) -> Path | None:
    """Where the file lies; None (and an error in the log) when it is not there."""
    file = blobs.root() / blobs.path_of(attachment.sha256)
    if file.is_file():
        return file
    log.error("attachment %s: content %s is missing from the store", attachment.pk, attachment.sha256)
    return None


def drawn(attachment: Attachment, variant: str) -> bytes | None:
    """An image redrawn as JPEG, `preview` or `thumb`; None when it is no image, or its file is missing or
    damaged."""
    if not attachment.is_image:
        return None
    file = file_of(attachment)
    if file is None:
        return None
    try:
        return blobs.derived(attachment.sha256, variant, lambda: images.draw(file, variant))
    except (ValidationError, WrongContent):
        # It was in order when it came in.
        log.error("attachment %s: content %s was damaged in the store", attachment.pk, attachment.sha256)
        return None


def sweep_orphans(older_than: int = blobs.DAY) -> int:
    """Remove contents that no attachment names, left by uploads that were not completed, once they are
    `older_than` seconds old. Returns how many files went."""
    return blobs.sweep(lambda sha256: Attachment.objects.filter(sha256=sha256).exists(), older_than)


def verify_files() -> Iterator[Breach]:
    """Compare every attachment with its file, and all attachments with the histories of their records.

    Finds files that are missing or changed, and rows added, changed, taken away or made valid again behind
    the portal's back.
    """
    tally: Counter[tuple] = Counter()
    for attachment in Attachment.objects.order_by("pk").iterator(500):
        place = (attachment.model, attachment.object_id, attachment.name)
        file = blobs.root() / blobs.path_of(attachment.sha256)
        if not file.is_file():
            yield _breach(*place, "文件不在存储中")
        elif blobs.hash_of(file) != attachment.sha256:
            yield _breach(*place, "文件内容被改动")
        content = (attachment.kind, attachment.sha256)
        tally[*place, ATTACHED, *content, attachment.uploaded_by_id, ""] += 1
        if attachment.is_void:
            tally[*place, VOIDED, *content, attachment.void_by_id, attachment.void_reason] += 1
    for event in Event.objects.filter(verb__in=(ATTACHED, VOIDED)).order_by("pk").iterator(500):
        side = 1 if event.verb == ATTACHED else 0
        name, *content = (event.changes[key][side] for key in (NAME, KIND, DIGEST))
        tally[event.model, event.object_id, name, event.verb, *content, event.actor_id, event.reason] -= 1
    for (model, object_id, name, verb, *_), number in tally.items():
        if number:
            act = "上传" if verb == ATTACHED else "作废"
            what = f"历史中没有这次{act}" if number > 0 else f"历史记有这次{act}，库中没有"
            yield _breach(model, object_id, name, what)


def _breach(model: str, object_id: int, name: str, what: str) -> Breach:
    return Breach(model, object_id, f"附件“{name}”：{what}")
