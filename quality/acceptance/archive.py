"""The archive of a stage: index, ledgers, papers and photos in one ZIP, every file with its SHA-256.

`哈希清单.sha256` has the form that `sha256sum -c` reads. Its own digest is written into the record's history when
the archive is made, so that a list exchanged together with the files is found out (`verify_archive`).
"""

from __future__ import annotations

import hashlib
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import xlsxwriter
from django.db import models
from django.utils import timezone

from projects.figures.breaking import roads
from supervision.flows import records
from supervision.flows.models import Event
from supervision.flows.reach import label_of
from supervision.ledgers.ledger import Ledger
from supervision.ledgers.registry import all_ledgers, get
from supervision.ledgers.sheets.export import unit_of, write_records
from supervision.papers import services as papers
from supervision.papers.models import Attachment
from supervision.papers.names import apart, clean_name
from supervision.people.models import User
from supervision.people.records import Record

INDEX, ACCOUNT, HASHES, LACKING = "目录.xlsx", "说明.txt", "哈希清单.sha256", "缺失文件.txt"
VERB, CHUNK = "archive", 1024 * 1024
# Slug of the ledger of each stage → what the stage is called, and how far its archive reaches: the record alone,
# all quality ledgers of its section, or of its project.
STAGES: dict[str, tuple[str, str]] = {
    "quality-registrations": ("监督登记", "record"),
    "score-sheets": ("质量评分与鉴定", "sheet"),
    "handovers": ("交工验收", "section"),
    "completions": ("竣工验收", "project"),
}
# Filed once for the whole project, and part of the archive of each of its sections.
OF_PROJECT = ("quality-registrations",)
SHEET_LINES = {"scored-parts": "sheet", "scored-items": "part__sheet"}
Report = Callable[[int, int, str], None]


def gathered(slug: str, record: Record, user: User) -> Iterator[tuple[Ledger, models.QuerySet]]:
    """The ledgers that belong to a stage's archive, each with its records as `user` sees them.

    A ledger of quality management that is added later belongs to it by itself.
    """
    own, reach = get(slug), STAGES[slug][1]
    yield own, own.queryset(user).filter(pk=record.pk)
    if reach == "sheet":
        for name, field_name in SHEET_LINES.items():
            yield get(name), get(name).queryset(user).filter(**{field_name: record.pk}).order_by("pk")
    if reach not in ("section", "project"):
        return
    pk = getattr(record, f"{reach}_id")
    for ledger in all_ledgers():
        if ledger is own or ledger.menu != own.menu or not ledger.may_view(user):
            continue
        if reach == "section" and ledger.slug in OF_PROJECT:
            yield ledger, ledger.queryset(user).filter(project=record.section.project_id)
        elif where := getattr(roads(ledger.model), reach):
            yield ledger, ledger.queryset(user).filter(**{where: pk}).order_by(*ledger.ordering)


@dataclass
class _Writer:
    """Adds files to the ZIP and keeps what each came to."""

    archive: zipfile.ZipFile
    rows: list[tuple[str, int, str, str]] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)

    def add(self, name: str, source: Path, what: str) -> str:
        name = apart(name, self.taken)
        digest, size = hashlib.sha256(), 0
        entry = zipfile.ZipInfo(name, timezone.localtime().timetuple()[:6])
        entry.external_attr = 0o644 << 16
        with source.open("rb") as file, self.archive.open(entry, "w", force_zip64=True) as target:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
                size += len(chunk)
                target.write(chunk)
        self.rows.append((name, size, digest.hexdigest(), what))
        return digest.hexdigest()

    def text(self, name: str, content: str, what: str, folder: Path) -> str:
        path = folder / "text"
        path.write_bytes(content.encode())
        return self.add(name, path, what)


def build(slug: str, record: Record, user: User, path: Path, report: Report) -> dict:
    """Write the archive of a stage to `path`; returns {"files", "missing", "sha256"}, the last of the hash list.

    report   called with (done, total, message)
    """
    found = list(gathered(slug, record, user))
    total, missing = len(found) * 2 + 1, []
    with (
        tempfile.TemporaryDirectory() as temporary,
        zipfile.ZipFile(path, "w", zipfile.ZIP_STORED, allowZip64=True) as archive,
    ):
        folder, writer = Path(temporary), _Writer(archive)
        writer.text(ACCOUNT, account(slug, record, user), "归档说明", folder)
        for at, (ledger, queryset) in enumerate(found):
            report(at * 2, total, f"汇集{ledger.label}")
            if queryset.exists():
                sheet = folder / "sheet.xlsx"
                write_records(sheet, ledger, queryset, unit_of(user))
                writer.add(f"台账/{at + 1:02} {clean_name(ledger.label)}.xlsx", sheet, f"{ledger.label}台账")
            report(at * 2 + 1, total, f"汇集{ledger.label}的附件")
            missing += _attachments(ledger, queryset, writer)
        report(total - 1, total, "生成目录和哈希清单")
        if missing:
            text = "以下文件不在存储中，请联系系统管理员：\r\n" + "\r\n".join(missing)
            writer.text(LACKING, text, "缺失文件", folder)
        _index(folder / "index.xlsx", slug, record, writer.rows)
        writer.add(INDEX, folder / "index.xlsx", "目录")
        listed = "".join(f"{digest}  {name}\n" for name, _, digest, _ in writer.rows)
        digest = writer.text(HASHES, listed, "哈希清单", folder)
    report(total, total, "已生成")
    return {"files": len(writer.rows), "missing": len(missing), "sha256": digest}


def _attachments(ledger: Ledger, queryset: models.QuerySet, writer: _Writer) -> list[str]:
    """Add the files on a ledger's records, voided ones in a folder of their own; returns those not in the store."""
    model, missing = ledger.model, []
    files = Attachment.objects.filter(
        model=label_of(model), object_id__in=queryset.order_by().values("pk")
    ).order_by("object_id", "at", "pk")
    texts: dict[int, str] = {}
    for file in files.iterator(500):
        if file.object_id not in texts:
            row = queryset.model._base_manager.select_related(*getattr(model, "text_joins", ()))
            texts = {file.object_id: str(row.get(pk=file.object_id))}
        place = [clean_name(ledger.label), f"{file.object_id} {clean_name(texts[file.object_id])}"]
        place += (["已作废"] if file.is_void else []) + [clean_name(file.kind), file.name]
        name = f"附件/{'/'.join(place)}"
        source = papers.file_of(file)
        if source is None:
            missing.append(f"{name}\t{file.sha256}")
        else:
            writer.add(
                name, source, f"{file.kind}（{file.uploader_name} {timezone.localtime(file.at):%Y-%m-%d}）"
            )
    return missing


def account(slug: str, record: Record, user: User) -> str:
    """What the archive is about: the record's facts, how its score came about, and how to check the files."""
    ledger = get(slug)
    lines = [
        f"{STAGES[slug][0]}归档：{record}",
        f"生成时间：{timezone.localtime():%Y-%m-%d %H:%M}　生成人：{user.name}（{unit_of(user)}）",
        "",
    ]
    for column in ledger.columns:
        if text := column.text(record):
            lines.append(f"{column.label}：{text}")
    if steps := getattr(record, "arithmetic", None):
        lines += ["", "计算过程："]
        lines += [f"{s['label']}：{s['arithmetic']}，得分 {s['score']}，{s['grade']}" for s in steps]
    lines += ["", "办理经过："]
    for event in records.events_of(record).order_by("seq"):
        when = f"{timezone.localtime(event.at):%Y-%m-%d %H:%M}"
        lines.append(f"{when}　{event.label}　{event.actor_name}　{event.reason}".rstrip("　"))
    lines += ["", f"核对：逐一比对《{HASHES}》中的 SHA-256；清单本身的 SHA-256 记入本平台该记录的操作历史。"]
    return "\r\n".join(lines) + "\r\n"


def _index(path: Path, slug: str, record: Record, rows: list[tuple[str, int, str, str]]) -> None:
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet("目录")
        bold = book.add_format({"bold": True, "font_size": 16, "align": "center"})
        head = book.add_format({"bold": True, "border": 1, "bg_color": "#E8EEF7", "align": "center"})
        cell = book.add_format({"border": 1, "text_wrap": True, "valign": "vcenter", "font_size": 10})
        sheet.merge_range(0, 0, 0, 4, f"{STAGES[slug][0]}归档目录", bold)
        sheet.merge_range(1, 0, 1, 4, f"{record}　{timezone.localdate():%Y年%-m月%-d日}")
        for at, (label, width) in enumerate(
            (("序号", 6), ("文件", 70), ("内容", 30), ("大小（字节）", 14), ("SHA-256", 68))
        ):
            sheet.set_column(at, at, width)
            sheet.write_string(2, at, label, head)
        for number, (name, size, digest, what) in enumerate(rows, 1):
            sheet.write_number(2 + number, 0, number, cell)
            sheet.write_string(2 + number, 1, name, cell)
            sheet.write_string(2 + number, 2, what, cell)
            sheet.write_number(2 + number, 3, size, cell)
            sheet.write_string(2 + number, 4, digest, cell)
        sheet.freeze_panes(3, 0)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(2)


# -------------------------------------------------------------------------------------------------- checking


@dataclass(frozen=True)
class Checked:
    """What checking an archive found: how many files agree, what is wrong, and the digest of its hash list."""

    files: int
    problems: tuple[str, ...]
    sha256: str


def check(path: Path) -> Checked:
    """Compare every file of an archive with its hash list. Raises ValueError (Chinese) for what is no archive."""
    try:
        archive = zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise ValueError(f"读不了归档包：{error}") from error
    with archive:
        names = [entry.filename for entry in archive.infolist() if not entry.is_dir()]
        if HASHES not in names:
            raise ValueError(f"归档包中没有《{HASHES}》。")
        problems = [f"“{name}”出现两次" for name in sorted({n for n in names if names.count(n) > 1})]
        content = archive.read(HASHES)
        listed: dict[str, str] = {}
        for number, line in enumerate(content.decode("utf-8", "replace").splitlines(), 1):
            digest, apart_by, name = line.partition("  ")
            if not apart_by or len(digest) != 64:
                problems.append(f"清单第 {number} 行不能识别")
            else:
                listed[name] = digest
        good = 0
        for name in names:
            if name == HASHES:
                continue
            if name not in listed:
                problems.append(f"“{name}”不在清单上")
            elif _digest(archive, name) != listed[name]:
                problems.append(f"“{name}”的内容与清单不符")
            else:
                good += 1
        problems += [f"清单上的“{name}”不在包中" for name in listed if name not in names]
    return Checked(good, tuple(problems), hashlib.sha256(content).hexdigest())


def _digest(archive: zipfile.ZipFile, name: str) -> str:
    """The SHA-256 of a member; "" when it cannot be read, so that it agrees with nothing."""
    digest = hashlib.sha256()
    try:
        with archive.open(name) as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError):
        return ""
    return digest.hexdigest()


def made_here(sha256: str) -> Event | None:
    """The event that tells of an archive with this hash list, if this portal made it."""
    return Event.objects.filter(verb=VERB, reason__contains=sha256).order_by("pk").first()
