"""A sent workbook, kept and checked: from the upload to the batch that waits to be written."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Any

from django.conf import settings
from django.db import models, transaction

from supervision.flows.history import plain
from supervision.jobs import services
from supervision.jobs.models import JobRun
from supervision.people.models import User

from ..ledger import Ledger
from ..models import ImportBatch, ImportRow
from ..registry import get
from . import checking
from .checking import ERROR, Staged
from .container import MAX_BYTES
from .errors import SheetError
from .reader import SheetData, read

State = ImportBatch.State
# More rows than this are checked and written by a job.
INLINE_ROWS = 500
# So are files of more than this, which take long to read.
INLINE_BYTES = 1024 * 1024
PART = 500


def receive(ledger: Ledger, user: User, filename: str, chunks: Iterable[bytes]) -> ImportBatch:
    """Keep an uploaded workbook and check it, here or in a job. Raises SheetError when it cannot be read.

    The same file sent again while its batch still waits is checked anew in that batch.
    """
    filename = PurePosixPath(filename.replace("\\", "/")).name[-200:]
    folder = Path(settings.MEDIA_ROOT, "imports")
    folder.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with tempfile.NamedTemporaryFile(dir=folder, prefix="incoming-", delete=False) as target:
        temporary = Path(target.name)
        try:
            for chunk in chunks:
                size += len(chunk)
                if size > MAX_BYTES:
                    raise SheetError(f"文件超过 {MAX_BYTES // 1048576} MB，请拆分后分次导入。")
                digest.update(chunk)
                target.write(chunk)
            target.flush()
            data = read(temporary, filename, ledger) if size <= INLINE_BYTES else None
            sha256 = digest.hexdigest()
            stored = folder / f"{sha256}{Path(filename.lower()).suffix}"
            temporary.replace(stored)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    batch = _batch_for(ledger, user, filename, sha256, str(stored.relative_to(settings.MEDIA_ROOT)))
    if batch.state == State.STAGING and batch.job and not batch.job.finished:
        return batch
    if data is not None and len(data.rows) <= INLINE_ROWS:
        keep(batch, data, checking.check(data, ledger, user))
        return batch
    with transaction.atomic():
        run = services.enqueue(
            "stage_import",
            {"batch": batch.pk},
            user,
            key=f"stage-{batch.pk}",
            label=f"检查导入的{ledger.label}：{filename}"[:200],
        )
        ImportBatch.objects.filter(pk=batch.pk).update(job=run)
    batch.refresh_from_db()
    return batch


def _batch_for(ledger: Ledger, user: User, filename: str, sha256: str, path: str) -> ImportBatch:
    waiting = ImportBatch.objects.filter(
        ledger=ledger.slug, user=user, sha256=sha256, state__in=(State.STAGING, State.STAGED)
    )
    batch = waiting.select_related("job").order_by("-pk").first()
    if batch is not None and waiting.filter(pk=batch.pk).update(state=State.STAGING, message=""):
        batch.state = State.STAGING
        return batch
    return ImportBatch.objects.create(
        ledger=ledger.slug, user=user, filename=filename, sha256=sha256, path=path
    )


def stage(run: JobRun, batch_id: int) -> dict:
    """Check a batch's file: the work of the job. Safe to run again."""
    batch = ImportBatch.objects.select_related("user").get(pk=batch_id)
    if batch.state != State.STAGING:
        return {"batch": batch.pk}
    ledger = get(batch.ledger)
    try:
        data = read(Path(settings.MEDIA_ROOT, batch.path), batch.filename, ledger)
    except SheetError as error:
        ImportBatch.objects.filter(pk=batch.pk, state=State.STAGING).update(
            state=State.FAILED, message=error.message
        )
        raise services.JobError(error.message) from error
    staged = checking.check(
        data, ledger, batch.user, lambda done, total: services.progress(run, done, total, "逐行检查")
    )
    keep(batch, data, staged, run)
    return {"batch": batch.pk, "rows": batch.total, "errors": batch.error_count}


def keep(batch: ImportBatch, data: SheetData, staged: list[Staged], run: JobRun | None = None) -> None:
    """Write down what a check found, in place of what an earlier one did. One transaction."""
    actions = [entry.action for entry in staged]
    batch.columns = [column.key for column in data.columns]
    batch.notes = data.notes
    batch.total = len(staged)
    batch.created = actions.count(checking.CREATE)
    batch.updated = actions.count(checking.UPDATE)
    batch.unchanged = actions.count(checking.UNCHANGED)
    batch.error_count = actions.count(ERROR)
    batch.state = State.STAGED
    rows = [
        ImportRow(
            batch=batch,
            row=entry.row,
            raw=storable(entry.cells),
            values=stored(entry.values) if entry.action != ERROR else {},
            action=entry.action,
            object_id=entry.object_id,
            version=entry.version,
            errors=entry.errors,
        )
        for entry in staged
    ]
    with transaction.atomic():
        ImportRow.objects.filter(batch=batch).delete()
        ImportRow.objects.bulk_create(rows, batch_size=PART)
        batch.save()
        if run is not None:
            services.hold(run)


def storable(cells: dict[str, Any]) -> dict[str, Any]:
    """Cells as read, without the one sign that PostgreSQL cannot hold."""
    return {key: cell.replace("\x00", "") if isinstance(cell, str) else cell for key, cell in cells.items()}


def stored(values: dict[str, Any]) -> dict[str, Any]:
    """Values by field name as JSON holds them; related records as their number."""
    return {
        name: value.pk if isinstance(value, models.Model) else plain(value) for name, value in values.items()
    }


def restored(model: type[models.Model], values: dict[str, Any]) -> dict[str, Any]:
    """The inverse of `stored`, by attribute name (`owner_id`)."""
    found = {}
    for name, value in values.items():
        field = model._meta.get_field(name)
        if isinstance(field, models.ForeignKey | models.JSONField):
            found[field.attname] = value
        else:
            found[field.attname] = field.to_python(value)
    return found
