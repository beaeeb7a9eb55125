"""The store: file contents under their own SHA-256 below MEDIA_ROOT, written once and never changed.

    ab/cd/<sha256>                       what was sent in
    derived/ab/cd/<sha256>.<variant>     what was made from it and can be made again
    incoming/                            what is being received

A content is in the store before the row that names it is committed, so a row never names a file that is
not there; the contrary, a file without a row, is what `sweep` removes.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files import File

from .errors import StorageFailed

CHUNK = 1024 * 1024
DAY = 24 * 60 * 60


@dataclass(frozen=True)
class Incoming:
    """A received file that is not in the store yet: where it lies, its size in bytes, its SHA-256."""

    file: Path
    size: int
    sha256: str


def root() -> Path:
    return Path(settings.MEDIA_ROOT)


def path_of(sha256: str) -> str:
    """Where a content lies, relative to MEDIA_ROOT."""
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"


@contextmanager
def readable_errors() -> Iterator[None]:
    """Turn the system's errors inside the block into StorageFailed with a sentence for the sender."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageFailed("服务器存储空间不足，文件未保存。请联系系统管理员后重新上传。") from error
        raise StorageFailed("服务器存储出错，文件未保存。请稍后重新上传。") from error


@contextmanager
def receive(upload: File, limit: int) -> Iterator[Incoming]:
    """Copy an upload aside while counting and hashing it; the copy is gone after the block unless kept.

    What is checked is then the very copy that is stored. Raises ValidationError when it is empty or larger
    than `limit` bytes, StorageFailed when it cannot be written.
    """
    target = root() / "incoming" / secrets.token_hex(16)
    try:
        with readable_errors():
            size, sha256 = _copy(upload, target, limit)
        if not size:
            raise ValidationError("文件是空的，请检查后重新上传。", code="empty")
        yield Incoming(target, size, sha256)
    finally:
        # What cannot be removed now is the sweep's, and no second error on top of the first.
        with suppress(OSError):
            target.unlink()


def _copy(upload: File, target: Path, limit: int) -> tuple[int, str]:
    size, running = 0, hashlib.sha256()
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("xb") as copy:
        for chunk in upload.chunks(CHUNK):
            size += len(chunk)
            # The size that a client announces need not be the size that it sends.
            if size > limit:
                raise ValidationError(too_large(max(size, upload.size or 0), limit), code="too_large")
            running.update(chunk)
            copy.write(chunk)
        copy.flush()
        os.fsync(copy.fileno())
    target.chmod(0o440)
    return size, running.hexdigest()


def too_large(size: int, limit: int) -> str:
    return f"文件 {size / 1048576:.1f} MB，超过 {limit / 1048576:.0f} MB 的上限。"


def keep(incoming: Incoming) -> str:
    """Put a received file into the store, once for all files of this content; returns its relative path.

    Raises StorageFailed when it cannot be written.
    """
    path = path_of(incoming.sha256)
    target = root() / path
    with readable_errors():
        target.parent.mkdir(parents=True, exist_ok=True)
        with _locked(fcntl.LOCK_SH):
            if target.exists() and target.stat().st_size == incoming.size:
                # A fresh time keeps a sweep away until the new row is committed.
                os.utime(target)
            else:
                os.replace(incoming.file, target)
                _sync_folder(target.parent)
    return path


def derived(sha256: str, variant: str, make: Callable[[], bytes]) -> bytes:
    """What `make` produces from a content, from the store when it has been made before."""
    target = root() / "derived" / f"{path_of(sha256)}.{variant}"
    try:
        return target.read_bytes()
    except OSError:
        content = make()
    part = target.with_name(f"{target.name}.{secrets.token_hex(4)}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
        os.replace(part, target)
    except OSError:
        # It can be made again: a full disk must not keep anybody from looking.
        part.unlink(missing_ok=True)
    return content


def sweep(in_use: Callable[[str], bool], older_than: int = DAY) -> int:
    """Remove contents that no row names and what is left of broken uploads; returns how many files went.

    in_use       tells for a SHA-256 whether any row names it
    older_than   age in seconds below which nothing is touched, so that uploads under way are left alone
    """
    before = time.time() - older_than
    removed = 0
    for file in _old(root().glob("incoming/*"), before):
        file.unlink(missing_ok=True)
        removed += 1
    for file in _old(root().glob(f"{'[0-9a-f]' * 2}/{'[0-9a-f]' * 2}/*"), before):
        if len(file.name) != 64 or in_use(file.name):
            continue
        with _locked(fcntl.LOCK_EX):
            # `keep` may have taken the content up again since it was looked at.
            if not list(_old([file], before)) or in_use(file.name):
                continue
            file.unlink(missing_ok=True)
        removed += 1
        for made in root().glob(f"derived/{path_of(file.name)}.*"):
            made.unlink(missing_ok=True)
    return removed


def _old(files: Iterable[Path], before: float) -> Iterator[Path]:
    for file in files:
        try:
            if file.stat().st_mtime < before:
                yield file
        except FileNotFoundError:
            continue


@contextmanager
def _locked(how: int) -> Iterator[None]:
    """Hold the store's lock: shared while a content is put in, alone while one is removed."""
    with open(root() / ".lock", "a") as lock:
        fcntl.flock(lock, how)
        yield


def _sync_folder(folder: Path) -> None:
    """Make the new name as durable as the content: an acknowledged upload survives a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def hash_of(file: Path) -> str:
    """The SHA-256 of a file as it lies on disk."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
