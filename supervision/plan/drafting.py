"""A notice read into a draft: stored rows, each with the words it came from."""

from __future__ import annotations

import hashlib
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import IntegrityError, transaction

from supervision.flows import records
from supervision.flows.history import Actor
from supervision.papers import blobs, formats
from supervision.papers.names import clean_name, extension_of
from supervision.papers.services import max_bytes

from . import naming
from .models import ItemKind, NameRole, NoticeDraft, NoticeItem, NoticeName, Period, TargetKind
from .notices.figures import CHANGE, MOST, Figure
from .notices.lists import NamedList
from .notices.notice import UNREAD, FoundTask, Notice, Passage, Source
from .notices.opening import TooLong, open_file, open_text
from .notices.reader import read_notice

READABLE = ("docx", "txt")
MAX_TITLE, MAX_NAME = 120, 120
# The one open point of a target that a person may settle for all such targets at once.
NO_YEAR = "原文未写年份，请选择考核周期"
_LARGEST = Decimal("999999999.99")


def source_of(upload: File) -> tuple[Source, str]:
    """What an uploaded file says, through the portal's gate for files, and its name. Raises ValidationError."""
    name = clean_name(upload.name)
    extension = extension_of(name)
    if extension not in READABLE:
        hint = (
            "请在 Word 或 WPS 中另存为 docx，"
            if extension in ("doc", "pdf", "wps")
            else "请上传 docx 或 txt 文件，"
        )
        raise ValidationError(f"不能从这种文件读取计划。{hint}或直接粘贴文字。", code="type_not_allowed")
    with blobs.receive(upload, min(max_bytes(), 50 * 1024 * 1024)) as incoming:
        formats.inspect(incoming.file, name)
        try:
            return open_file(incoming.file, extension), name
        except ValueError as error:
            raise ValidationError(str(error), code="unreadable") from error


def pasted(text: str) -> Source:
    """A pasted text. Raises ValidationError."""
    try:
        return open_text(text)
    except TooLong as error:
        raise ValidationError(str(error), code="too_long") from error


def draft_from(source: Source, actor: Actor, file_name: str = "") -> tuple[NoticeDraft, bool]:
    """Read a notice into a draft: (draft, whether it is new). The same text gives the same draft.

    Raises ValidationError when there is no text.
    """
    text = "\n".join(source.paragraphs)
    if not text.strip():
        raise ValidationError("没有读到文字。扫描件请先识别成文字，或直接粘贴正文。", code="empty")
    # Surrogates that no encoding takes, as broken pastes hold them.
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
    if known := NoticeDraft.objects.filter(sha256=digest).first():
        return known, False
    notice = read_notice(source)
    try:
        with transaction.atomic():
            return _store(notice, text, digest, actor, file_name), True
    except IntegrityError:
        # Somebody else sent the same text just now.
        if known := NoticeDraft.objects.filter(sha256=digest).first():
            return known, False
        raise


def _store(notice: Notice, text: str, digest: str, actor: Actor, file_name: str) -> NoticeDraft:
    head = notice.head
    title = head.title or next((line.strip() for line in notice.source.paragraphs if line.strip()), "")
    notes = list(head.notes)
    if not head.title:
        notes.append("未识别出标题，取首行，请核对")
    if not head.number:
        notes.append("未识别出文号")
    draft = NoticeDraft(
        title=title[:200],
        number=head.number[:60],
        issuer=head.issuer[:120],
        issued_on=head.issued_on,
        year_from=_year(head.year_from),
        year_to=_year(head.year_to),
        file_name=file_name[:200],
        text=text,
        sha256=digest,
        notes="\n".join(notes),
    )
    actor = actor.in_batch(f"notice-{digest[:20]}")
    records.create(draft, actor, label="读取通知")
    pairs: list[tuple[NoticeItem, list[NoticeName]]] = []
    units = naming.organizations_for(unit for task in notice.tasks for unit in task.units)
    keeper = naming.projects()
    known = keeper.named({name for one in notice.lists for name in one.names}) if keeper else {}
    pairs += [_task(draft, task, units) for task in notice.tasks]
    pairs += [(_target(draft, figure), []) for figure in notice.figures]
    pairs += [_list(draft, one, known) for one in notice.lists]
    pairs += [(_text(draft, passage), []) for passage in notice.passages]
    for place, (item, _) in enumerate(pairs, start=1):
        item.order = place
    records.create_many([item for item, _ in pairs], actor, label="读取通知", by_database=True)
    names = []
    for item, found in pairs:
        for place, name in enumerate(found, start=1):
            name.item, name.order = item, place
            names.append(name)
    if names:
        records.create_many(names, actor, label="读取通知", by_database=True)
    return draft


def _year(value: int | None) -> int | None:
    return value if value and 2000 <= value <= 2100 else None


def _task(draft: NoticeDraft, task: FoundTask, units: dict) -> tuple[NoticeItem, list[NoticeName]]:
    unread = [issue for issue in task.issues if issue.startswith(("责任单位中未识别", "“等”字前载明"))]
    item = NoticeItem(
        draft=draft,
        kind=ItemKind.TASK,
        unresolved=bool(unread),
        issue="；".join(task.issues),
        paragraph=task.pieces[0].paragraph + 1,
        source=task.text,
        no=task.no[:20],
        title=task.title[:MAX_TITLE],
        content=task.text[:20000],
        group=task.group,
        due=task.due[:120],
    )
    names = [
        NoticeName(
            role=unit.role,
            name=unit.name[:MAX_NAME],
            organization=units[unit][0],
            generic=unit.generic,
            note=units[unit][1][:200],
        )
        for unit in task.units
    ]
    return item, names


def _target(draft: NoticeDraft, figure: Figure) -> NoticeItem:
    unresolved = list(figure.unresolved)
    yearly, last = figure.yearly, _year(figure.last)
    single = bool(draft.year_from and draft.year_from == draft.year_to)
    period = Period.YEARLY if yearly else Period.BY_YEAR if last else Period.YEARLY if single else ""
    if not period:
        unresolved.append(NO_YEAR)
    low = figure.low
    if abs(low) > _LARGEST:
        low = None
        unresolved.append("数值过大")
    high = figure.high if figure.high is not None and abs(figure.high) <= _LARGEST else None
    notes = [
        *unresolved,
        *(note for note in figure.notes if note not in NO_YEAR or NO_YEAR not in unresolved),
    ]
    if figure.hoped:
        notes.append("原文写“力争”“争取”")
    if low is not None and low != round(low, 2):
        unresolved.append("小数多于两位")
        notes.append("小数多于两位")
    return NoticeItem(
        draft=draft,
        kind=ItemKind.TARGET,
        unresolved=bool(unresolved),
        issue="；".join(dict.fromkeys(notes)),
        paragraph=figure.paragraph + 1,
        source=figure.sentence,
        title=figure.name[:MAX_TITLE],
        group=_group(figure.sentence),
        figure_kind=TargetKind.RATIO if figure.kind == "ratio" else TargetKind.COUNT,
        low=round(low, 2) if low is not None else None,
        high=round(high, 2) if high is not None else None,
        at_most=figure.bound == MOST,
        unit_label="" if figure.kind == "ratio" else figure.unit[:10],
        period=period,
        by_year=last if period == Period.BY_YEAR else None,
        content="增减幅度" if figure.bound == CHANGE else "",
    )


def _group(sentence: str) -> str:
    hits = [
        group
        for group, words in (
            ("integrity", ("廉洁", "廉政", "清廉")),
            ("award", ("优质工程奖", "鲁班奖", "詹天佑奖", "科学技术奖")),
            ("safety", ("平安工地", "平安工程", "隐患", "安全")),
            ("quality", ("品质工程", "质量")),
        )
        if any(word in sentence for word in words)
    ]
    return hits[0] if len(hits) == 1 else "other"


def _list(draft: NoticeDraft, one: NamedList, known: dict[str, str]) -> tuple[NoticeItem, list[NoticeName]]:
    item = NoticeItem(
        draft=draft,
        kind=ItemKind.LIST,
        unresolved=bool(one.problems),
        issue="；".join(one.problems),
        paragraph=one.paragraph + 1,
        source=one.sentence,
        title=one.title[:MAX_TITLE],
        stated_count=one.count,
        stated_sections=one.sections,
        by_year=_year(one.year),
    )
    names = [
        NoticeName(
            role=NameRole.PROJECT,
            name=name[:MAX_NAME],
            project=known.get(name, ""),
            note="" if name in known else "项目库中没有这一名称或别名",
        )
        for name in dict.fromkeys(one.names)
    ]
    return item, names


def _text(draft: NoticeDraft, passage: Passage) -> NoticeItem:
    return NoticeItem(
        draft=draft,
        kind=ItemKind.TEXT,
        unresolved=passage.role == UNREAD,
        issue=passage.reason,
        paragraph=passage.piece.paragraph + 1,
        source=passage.piece.text,
    )
