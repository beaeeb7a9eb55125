"""What is done to reports and their templates: uploading, making, typing, reading back, making again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from decimal import Decimal

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.files.base import ContentFile
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from supervision.flows import history, records
from supervision.flows.errors import IllegalTransition
from supervision.flows.history import Actor, Breach
from supervision.flows.reach import label_of
from supervision.jobs import services as jobs
from supervision.papers import services as papers
from supervision.papers.documents import markup
from supervision.papers.errors import StorageFailed

from ..models.figures import State
from ..models.report import (
    DRAFT,
    EDITED,
    ISSUED,
    PDF,
    WORD,
    Report,
    ReportFigure,
    ReportHand,
    ReportTemplate,
)
from ..services import keep_lists
from . import checking, making, placeholders, reading, spans
from .binding import Names
from .checking import Stands
from .computing import HAND, NUMBER, RATE, Computer, Figure
from .placeholders import PlaceholderFault
from .templates import may_keep, read_word

MAX_WORD = 20 * 1024 * 1024
MAKE_JOB, PDF_JOB = "make_report", "print_report"
# Words in tables that say as much as a number.
STATES = frozenset(State.labels) | {"人工跟踪"}
Told = Callable[[int, int], None]


def content_of(record: ReportTemplate | Report, sha256: str) -> bytes:
    """An attached file by its digest. Raises StorageFailed when it is missing from the store or changed."""
    attachment = papers.of(record).filter(sha256=sha256).first() if sha256 else None
    file = papers.file_of(attachment) if attachment else None
    content = file.read_bytes() if file else b""
    if hashlib.sha256(content).hexdigest() != sha256:
        raise StorageFailed("文件不在存储中或已损坏，请联系系统管理员。")
    return content


# ------------------------------------------------------------------------------------------------- making


def address_of(report: Report) -> Callable[[int], str]:
    """The address of each figure of a report."""
    path = reverse("report_figure", args=[report.pk, 0])[: -len("0/")]
    return lambda ref: f"{settings.PORTAL_PUBLIC_URL}{path}{ref}/"


def words_of(report: Report) -> dict[str, str]:
    """What {{报告|…}} says."""
    return {
        "标题": report.title,
        "期间": report.span_label,
        "年度": f"{report.last.year}年",
        "单位": report.place_label or "全市",
        "数据截至": spans.day_cn(report.as_of),
        "编制日期": spans.day_cn(timezone.localdate()),
    }


def hands_of(report: Report) -> dict[str, tuple[str, str]]:
    rows = ReportHand.objects.filter(report=report)
    return {hand.key: (hand.value, hand.reason) for hand in rows}


def must_be_open(report: Report) -> None:
    """Raises IllegalTransition for a report that is no draft (any more)."""
    if report.status != DRAFT:
        raise IllegalTransition(
            f"报告{report.status_label}，不能再改；需要修改的请先退回，已签发的请办理更正。"
        )


def make(report: Report, actor: Actor, told: Told | None = None, hold: Callable[[], None] | None = None):
    """Count every figure anew and write the report from its template. What somebody uploaded as an edited file is
    put aside. Everything is written in one transaction. Raises ValidationError, FlowError, StorageFailed."""
    may_keep(actor)
    must_be_open(report)
    template = content_of(report.template, report.template.sha256)
    with transaction.atomic():
        made = _made(report, template, told)
        report = _keep(report, made.figures, made.content, WORD, actor, edited=False, sums=made.sums)
        report = _find(report, made.content, made.names, actor)
        if hold:
            hold()
    return report


def _made(report: Report, template: bytes, told: Told | None) -> making.Made:
    computer = Computer(report.span, report.district_id, report.sector)
    maker = making.Maker(
        template, computer, words_of(report), report.texts, hands_of(report), address_of(report)
    )
    try:
        return maker.make(told)
    except PlaceholderFault as error:
        raise ValidationError(str(error), code="template") from error


def _keep(report, figures: list[Figure], content: bytes, kind: str, actor: Actor, **values) -> Report:
    """Put the figures and the file in the place of those before."""
    lists = keep_lists(
        (figure.unit, ids)
        for figure in figures
        if figure.unit
        for ids in (figure.ids, figure.other_ids if figure.other else None)
        if ids is not None
    )
    ReportFigure.objects.filter(report=report).delete()
    ReportFigure.objects.bulk_create(
        [_row(report, ref, figure, lists) for ref, figure in enumerate(figures, 1)], batch_size=200
    )
    sha256 = _attach(report, content, kind, actor)
    values |= {"word": sha256, "made_at": timezone.now()}
    return records.update(report, values, actor, label="取数生成文稿", clean=False)


def _row(report: Report, ref: int, figure: Figure, lists: dict) -> ReportFigure:
    return ReportFigure(
        report=report,
        ref=ref,
        key=figure.key[:300],
        label=figure.label[:200],
        kind=figure.kind,
        text=figure.text[:80],
        computed=figure.computed[:80],
        typed=figure.typed,
        value=figure.value,
        numerator=figure.numerator,
        denominator=figure.denominator,
        measure=figure.measure[:20],
        code=figure.code,
        first=figure.first,
        last=figure.last,
        district=figure.district,
        sector=figure.sector,
        counted_id=lists[figure.unit, figure.ids] if figure.unit else None,
        other_id=lists[figure.unit, figure.other_ids] if figure.unit and figure.other else None,
        other_label=figure.other,
    )


def _attach(report: Report, content: bytes, kind: str, actor: Actor) -> str:
    """Put a file on the report; the ones of its kind before it are void."""
    sha256 = hashlib.sha256(content).hexdigest()
    there = papers.of(report).valid().filter(kind__in=(WORD, EDITED, PDF))
    for old in there.exclude(sha256=sha256):
        papers.void(old, actor, "已有新的文稿")
    if not there.filter(sha256=sha256).exists():
        name = f"{report.title[:80]}.docx".replace("/", "-")
        papers.attach(report, ContentFile(content, name), kind, actor)
    return sha256


def verify_seals() -> Iterator[Breach]:
    """Issued reports whose figures are not those that were sealed."""
    for report in Report.objects.filter(status=ISSUED).order_by("pk").iterator(200):
        if report.seal != report.figures_seal():
            yield Breach(label_of(Report), report.pk, "签发后报告的数字被改动")


history.derived[label_of(Report)] = verify_seals


def stands_of(report: Report) -> list[Stands]:
    rows = report.figures.order_by("ref")
    return [Stands(row.ref, row.key, row.label, row.kind, row.text, row.typed, row.measure) for row in rows]


def _find(report: Report, content: bytes, asked: list[str] | None, actor: Actor) -> Report:
    """Look through a report anew, and keep what is found."""
    figures = stands_of(report)
    by_key, by_ref = {one.key: one for one in figures}, {one.ref: one for one in figures}
    if asked is None:
        asked = making.asked(content_of(report.template, report.template.sha256))
    parts = report.figures.filter(denominator__isnull=False).values(
        "ref", "label", "numerator", "denominator"
    )
    findings = checking.of_figures(figures)
    findings += checking.of_parts([row for row in parts if row["numerator"] is not None])
    findings += checking.of_sums(report.sums, by_key)
    if not report.edited:
        findings += checking.of_texts(asked, report.texts)
    made = _as_made(report) if report.edited else content
    findings += checking.of_file(
        reading.differences(content, {one.ref: one.text for one in figures}),
        by_ref,
        reading.left_over(content),
        reading.added_numbers(made, content) if report.edited else [],
    )
    if report.edited:
        findings += reading.changed_cells(made, content, STATES)
    hints = checking.hints(
        report.texts, reading.COUNTED, lambda text: placeholders.MARK.sub("", reading.TYPED.sub("", text))
    )
    lost = ReportHand.objects.filter(report=report).exclude(key__in=list(by_key))
    hints += [f"人工填报的“{hand.label}”在报告中已没有对应的数字。" for hand in lost]
    return records.update(
        report, {"findings": findings, "hints": hints}, actor, label="核对文稿", clean=False
    )


def _as_made(report: Report) -> bytes:
    """The newest file as the portal wrote it, which an edited one is held against."""
    attachment = papers.of(report).filter(kind=WORD).order_by("-at", "-pk").first()
    return content_of(report, attachment.sha256) if attachment else b""


# ------------------------------------------------------------------------------------------------- changing


def write_texts(report: Report, texts: dict[str, str], actor: Actor) -> Report:
    """Keep what people typed; the figures in it are counted with the next making. Raises ValidationError."""
    may_keep(actor)
    must_be_open(report)
    names, errors = None, []
    for name, text in texts.items():
        try:
            names = names or (Names.read() if "{" in text or "｛" in text else None)
            making.check_text(text, names)
        except PlaceholderFault as error:
            errors.append(f"“{name}”：{error}")
        if len(text) > 20_000:
            errors.append(f"“{name}”过长，最多 20000 字。")
    if errors:
        raise ValidationError(errors)
    return records.update(report, {"texts": report.texts | texts}, actor, label="填写报告内容")


def type_over(report: Report, key: str, value: str, reason: str, actor: Actor) -> Report:
    """Put a number typed by hand in the place of a figure, marked and with its reason; without a value the counted
    one comes back. The file in force is changed with it, edited or not. Raises ValidationError."""
    may_keep(actor)
    must_be_open(report)
    figure = ReportFigure.objects.filter(report=report, key=key).first()
    if figure is None:
        raise ValidationError("报告中没有这个数字，请重新取数。")
    value, reason = value.strip(), reason.strip()
    if value and not reason:
        raise ValidationError({"reason": "人工填报的数字须写明理由。"})
    if value and figure.kind in (NUMBER, RATE, HAND):
        value = _number(figure, value)
    with transaction.atomic():
        hand = ReportHand.objects.filter(report=report, key=key).first()
        if value and hand:
            records.update(hand, {"value": value, "reason": reason}, actor)
        elif value:
            hand = ReportHand(report=report, key=key, label=figure.label, value=value, reason=reason)
            records.create(hand, actor)
        elif hand:
            records.delete(hand, actor, reason=reason or "恢复台账数")
        ReportFigure.objects.filter(pk=figure.pk).update(
            text=value or figure.computed, typed=reason if value else ""
        )
        return _refill(report, actor)


def _number(figure: ReportFigure, value: str) -> str:
    """A typed number as the paper has it."""
    stands = Stands(figure.ref, figure.key, figure.label, figure.kind, value, "", figure.measure)
    try:
        number = checking.value_of(stands)
    except ValueError as error:
        raise ValidationError({"value": str(error)}) from error
    if number is None:
        return "—"
    return f"{number:.1f}%" if figure.kind == RATE else _plain(number)


def _plain(number: Decimal) -> str:
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def drawn(report: Report) -> list[Figure]:
    """The kept figures as the index draws them."""
    made = []
    for row in report.figures_in_order():
        made.append(
            Figure(
                row.key,
                row.label,
                row.kind,
                row.text,
                measure=row.measure,
                unit=row.counted.unit if row.counted else "",
                ids=range(row.counted.count) if row.counted else (),
                other=row.other_label,
                other_ids=range(row.other.count) if row.other else (),
                typed=row.typed,
            )
        )
    return made


def _refill(report: Report, actor: Actor) -> Report:
    content = content_of(report, report.word)
    fresh = reading.refilled(content, drawn(report), address_of(report))
    kind = EDITED if report.edited else WORD
    sha256 = _attach(report, fresh, kind, actor)
    report = records.update(report, {"word": sha256}, actor, label="人工填报数字", clean=False)
    return _find(report, fresh, None, actor)


def take_edited(report: Report, upload: File, actor: Actor) -> Report:
    """Read an edited Word file back and make it the report's; what it changed in figures is found by the checker.
    Raises ValidationError."""
    may_keep(actor)
    must_be_open(report)
    if not report.word:
        raise ValidationError("请先取数生成文稿，再上传修改稿。")
    content = read_word(upload, MAX_WORD)
    if lost := markup.unknown(content):
        raise ValidationError(f"修改稿中的{'、'.join(lost)}不能转为 PDF，请接受修订、删去批注后重新上传。")
    try:
        content = reading.restored(content)
        if not reading.controls(content) and report.figures.exists():
            raise ValidationError("修改稿中没有本报告的数字控件，请在平台下载的文稿上修改。")
    except PlaceholderFault as error:
        raise ValidationError(str(error)) from error
    with transaction.atomic():
        if hashlib.sha256(content).hexdigest() != report.word:
            sha256 = _attach(report, content, EDITED, actor)
            report = records.update(
                report, {"word": sha256, "edited": True}, actor, label="上传修改稿", clean=False
            )
        return _find(report, content, None, actor)


def again(report: Report, actor: Actor) -> Report:
    """A new report of the same span as of the same day, after a correction: what differs shows beside it. Raises
    IllegalTransition unless the report was issued."""
    may_keep(actor)
    if report.status != ISSUED:
        raise IllegalTransition("只有已签发的报告才需要更正；未签发的请重新取数。")
    made = Report(
        title=f"{report.title.removesuffix('（更正）')}（更正）"[:200],
        template=report.template,
        first=report.first,
        last=report.last,
        as_of=report.as_of,
        district=report.district,
        sector=report.sector,
        previous=report,
        texts=report.texts,
        is_demo=report.is_demo,
    )
    with transaction.atomic():
        # Held until the end: of two at once the second sees the correction of the first.
        Report._base_manager.select_for_update().get(pk=report.pk)
        if other := report.remade.exclude(status="void").first():
            how = "已签发，请更正最近的一份" if other.status == ISSUED else "在办"
            raise IllegalTransition(f"已有一份更正{how}：{other}。")
        made = records.create(made, actor)
        for hand in ReportHand.objects.filter(report=report):
            records.create(
                ReportHand(report=made, key=hand.key, label=hand.label, value=hand.value, reason=hand.reason),
                actor,
            )
    return made


def order_make(report: Report, actor: Actor):
    """Let a worker make the report."""
    may_keep(actor)
    must_be_open(report)
    return jobs.enqueue(
        MAKE_JOB,
        {"report": report.pk, "user": actor.user.pk if actor.user else None},
        user=actor.user,
        key=f"report:{report.pk}",
        label=f"取数生成：{report.title[:80]}",
    )


def order_pdf(report: Report, actor: Actor):
    """Let a worker print the PDF once this transaction has committed."""
    return jobs.enqueue(
        PDF_JOB,
        {"report": report.pk},
        user=actor.user,
        key=f"report:{report.pk}",
        label=f"生成 PDF：{report.title[:80]}",
    )
