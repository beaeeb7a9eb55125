"""What is done to reports and their templates: uploading, making, typing, reading back, making again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import transaction
from django.utils import timezone

from supervision.flows import history, records
from supervision.flows.errors import IllegalTransition, LostRace
from supervision.flows.history import Actor, Breach
from supervision.flows.reach import label_of
from supervision.jobs import services as jobs
from supervision.papers.documents import markup

from ..models.report import (
    DRAFT,
    EDITED,
    ISSUED,
    VOID,
    WORD,
    Report,
    ReportFigure,
    ReportHand,
    ReportTemplate,
)
from ..services import keep_lists
from . import checking, keeping, making, reading, spans
from .binding import Names
from .checking import Stands
from .computing import HAND, NUMBER, RATE, Computer
from .keeping import address_of, content_of
from .placeholders import PlaceholderFault
from .templates import may_keep, read_word

MAX_WORD = 20 * 1024 * 1024
MAKE_JOB, PDF_JOB = "make_report", "print_report"
Told = Callable[[int, int], None]
# How often a report is counted, or a text written, while others change it.
ATTEMPTS = 3


# ------------------------------------------------------------------------------------------------- making


def words_of(report: Report) -> dict[str, str]:
    """What {{报告|…}} says."""
    return {
        "标题": report.title,
        "期间": report.span_label,
        "年度": f"{report.last.year}年",
        "单位": report.place_label or "全市",
        "数据截至": spans.day_cn(report.as_of),
        "期末": spans.day_cn(min(report.last, report.as_of)),
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


def fresh(report: Report) -> Report:
    """The report as it is in the database now."""
    return Report._base_manager.select_related("template", "district", "previous").get(pk=report.pk)


def make(report: Report, actor: Actor, told: Told | None = None, hold: Callable[[], None] | None = None):
    """Count every figure anew and write the report from its template. What somebody uploaded as an edited file is
    put aside.

    Counting takes long and holds nothing; what was counted is then written in one short transaction, if the report
    is what it was: when somebody changed its texts, its figures or its span meanwhile, it is counted again. Raises
    ValidationError, FlowError, StorageFailed.
    """
    may_keep(actor)
    for attempt in range(ATTEMPTS):
        report = fresh(report)
        must_be_open(report)
        made = _made(report, told)
        stands = [keeping.stands(ref, figure) for ref, figure in enumerate(made.figures, 1)]
        if not attempt and _torn(made.sums, stands):
            continue
        values = {"edited": False, "sums": made.sums, "made_at": timezone.now()}
        values |= keeping.looked(
            report, stands, keeping.parts(made.figures), made.content, made.names, **values
        )
        try:
            with transaction.atomic():
                report = _keep(report, made, values, actor)
                if hold:
                    hold()
            return report
        except LostRace:
            continue
    raise IllegalTransition("取数期间报告一再被修改，没有写入文稿；请待修改完成后重新取数。")


def _torn(sums: list[dict], stands: list[Stands]) -> bool:
    """Whether counted figures do not add up: a ledger may have changed between one and the next."""
    typed = {one.key for one in stands if one.typed}
    counted = [one for one in sums if not typed & {one["left"], *(key for _, key in one["right"])}]
    return bool(checking.of_sums(counted, {one.key: one for one in stands}))


def _made(report: Report, told: Told | None) -> making.Made:
    template = content_of(report.template, report.template.sha256)
    computer = Computer(report.span, report.district_id, report.sector)
    maker = making.Maker(
        template, computer, words_of(report), report.texts, hands_of(report), address_of(report)
    )
    try:
        return maker.make(told)
    except PlaceholderFault as error:
        raise ValidationError(str(error), code="template") from error


def _keep(report: Report, made: making.Made, values: dict, actor: Actor) -> Report:
    """Put the figures and the file in the place of those before. Raises LostRace when the report is no longer the
    one that was counted."""
    sha256 = hashlib.sha256(made.content).hexdigest()
    # First of all: whoever changes the report comes before it, or waits.
    kept = records.update(report, values | {"word": sha256}, actor, label="取数生成文稿", clean=False)
    lists = keep_lists(
        (figure.unit, ids)
        for figure in made.figures
        if figure.unit
        for ids in (figure.ids, figure.other_ids if figure.other else None)
        if ids is not None
    )
    ReportFigure.objects.filter(report=kept).delete()
    ReportFigure.objects.bulk_create(
        [keeping.row(kept, ref, figure, lists) for ref, figure in enumerate(made.figures, 1)], batch_size=200
    )
    keeping.attach(kept, made.content, WORD, actor)
    return kept


def verify_seals() -> Iterator[Breach]:
    """Issued reports whose figures are not those that were sealed."""
    for report in Report.objects.filter(status=ISSUED).order_by("pk").iterator(200):
        if report.seal != report.figures_seal():
            yield Breach(label_of(Report), report.pk, "签发后报告的数字被改动")


history.derived[label_of(Report)] = verify_seals


# ------------------------------------------------------------------------------------------------- changing


def seen_of(texts: dict[str, str]) -> str:
    """By what it is known whether somebody else changed the texts since a page was shown."""
    content = json.dumps(texts, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def write_texts(report: Report, texts: dict[str, str], actor: Actor, seen: str | None = None) -> Report:
    """Keep what people typed; the figures in it are counted with the next making. `seen`: the texts that the person
    saw, see `seen_of`. Sent twice it is kept once. Raises ValidationError, LostRace."""
    may_keep(actor)
    must_be_open(report)
    texts = {name: text.replace("\0", "") for name, text in texts.items()}
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
    for attempt in range(ATTEMPTS):
        wanted = report.texts | texts
        if wanted == report.texts:
            return report
        if seen is not None and seen != seen_of(report.texts):
            raise LostRace("填写内容已被他人修改，您的内容没有保存；请刷新后对照修改。")
        try:
            return records.update(report, {"texts": wanted}, actor, label="填写报告内容")
        except LostRace:
            # A making that ended meanwhile is no reason to lose what was typed; another person's text is.
            before, report = report.texts, fresh(report)
            must_be_open(report)
            if attempt + 1 == ATTEMPTS or report.texts not in (before, wanted):
                raise
    return report


def take(report: Report) -> Report:
    """Hold a draft until the transaction ends, and return it as it is. Raises LostRace, IllegalTransition."""
    if not records.claim(report, status=DRAFT):
        must_be_open(fresh(report))
        raise LostRace(records.lost_message(report))
    return fresh(report)


def type_over(
    report: Report, key: str, value: str, reason: str, actor: Actor, seen: str | None = None
) -> Report:
    """Put a number typed by hand in the place of a figure, marked and with its reason; without a value the counted
    one comes back. The file in force is changed with it, edited or not. `seen`: what the person saw stand there.
    Raises ValidationError, LostRace."""
    may_keep(actor)
    must_be_open(report)
    value, reason = value.replace("\0", "").strip(), reason.replace("\0", "").strip()
    if not report.word:
        raise ValidationError("报告还没有文稿，请先取数生成文稿，再填报数字。")
    if value and not reason:
        raise ValidationError({"reason": "人工填报的数字须写明理由。"})
    with transaction.atomic():
        report = take(report)
        figure = ReportFigure.objects.filter(report=report, key=key).first()
        if figure is None:
            raise ValidationError("报告中已没有这个数字，请返回报告查看。")
        if value and figure.kind in (NUMBER, RATE, HAND):
            value = _number(figure, value)
        hand = ReportHand.objects.filter(report=report, key=key).first()
        if (value, reason if value else "") == ((hand.value, hand.reason) if hand else ("", "")):
            # Sent twice, or nothing to take back: an edited file may say otherwise all the same.
            return keeping.refill(report, actor)
        if seen is not None and seen != figure.text:
            raise LostRace(f"该数字刚刚已改为“{figure.text}”，您填的没有保存；请核对后再填。")
        if value and hand:
            records.update(hand, {"value": value, "reason": reason}, actor)
        elif value:
            hand = ReportHand(report=report, key=key, label=figure.label, value=value, reason=reason)
            records.create(hand, actor)
        else:
            records.delete(hand, actor, reason=reason or "恢复台账数")
        ReportFigure.objects.filter(pk=figure.pk).update(
            text=value or figure.computed, typed=reason if value else ""
        )
        return keeping.refill(report, actor)


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


def take_edited(report: Report, upload: File, actor: Actor, seen: str | None = None) -> Report:
    """Read an edited Word file back and make it the report's; what it changed in figures is found by the checker.
    `seen`: the file in force when the person chose theirs. Raises ValidationError, LostRace."""
    may_keep(actor)
    must_be_open(report)
    if not report.word:
        raise ValidationError("请先取数生成文稿，再上传修改稿。")
    content = read_word(upload, MAX_WORD)
    same = hashlib.sha256(content).hexdigest() == report.word
    if seen is not None and seen != report.word and not same:
        raise LostRace("文稿刚刚已被他人更新，您上传的修改稿没有读取；请刷新后在现在的文稿上修改。")
    if lost := markup.unknown(content):
        raise ValidationError(f"修改稿中的{'、'.join(lost)}不能转为 PDF，请接受修订、删去批注后重新上传。")
    try:
        content = reading.restored(content)
        if not reading.controls(content) and report.figures.exists():
            raise ValidationError("修改稿中没有本报告的数字控件，请在平台下载的文稿上修改。")
    except PlaceholderFault as error:
        raise ValidationError(str(error)) from error
    with transaction.atomic():
        report = take(report)
        if hashlib.sha256(content).hexdigest() != report.word:
            sha256 = keeping.attach(report, content, EDITED, actor)
            report = records.update(
                report, {"word": sha256, "edited": True}, actor, label="上传修改稿", clean=False
            )
        return keeping.find(report, content, actor)


def same_draft(report: Report) -> Report | None:
    """The draft that is being written of the same template, span and place. Asked before a new one is made, in the
    same transaction: of two at once the second waits for the first, and finds it."""
    ReportTemplate._base_manager.select_for_update().filter(pk=report.template_id).first()
    rows = Report.objects.filter(status=DRAFT, previous__isnull=True, template=report.template_id)
    rows = rows.filter(first=report.first, last=report.last, district=report.district_id)
    return rows.filter(sector=report.sector).order_by("pk").first()


def correction_of(report: Report) -> Report | None:
    """The correction of an issued report, under way or issued; None where there is none."""
    return report.remade.exclude(status=VOID).first()


def again(report: Report, actor: Actor) -> Report:
    """A new report of the same span, after a correction: what differs shows beside it. It is looked at as of today,
    so that what was corrected or confirmed since counts; what stands at a moment is counted at the end of the span
    as before. Raises IllegalTransition unless the report was issued."""
    may_keep(actor)
    if report.status != ISSUED:
        raise IllegalTransition("只有已签发的报告才需要更正；未签发的请重新取数。")
    made = Report(
        title=f"{report.title.removesuffix('（更正）')}（更正）"[:200],
        template=report.template,
        first=report.first,
        last=report.last,
        as_of=timezone.localdate(),
        district=report.district,
        sector=report.sector,
        previous=report,
        texts=report.texts,
        is_demo=report.is_demo,
    )
    with transaction.atomic():
        # Held until the end: of two at once the second sees the correction of the first.
        Report._base_manager.select_for_update().get(pk=report.pk)
        if other := correction_of(report):
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
