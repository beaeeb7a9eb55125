"""Pages of tasks carried out: 任务进度, 我的任务, giving tasks to units, steps, cited records, figures by hand."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlsplit

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from supervision.flows import records
from supervision.flows.errors import FlowError, LostRace
from supervision.flows.history import Actor
from supervision.jobs.drawing import under_way
from supervision.jobs.services import enqueue
from supervision.ledgers.registry import get
from supervision.people.models import READER_ROLES, Role
from supervision.rules.numbers import parse_decimal, whole_number, whole_year

from .models import Plan, ShareCitation, ShareReport, TaskShare
from .models.progress import DRAFT
from .models.share import DECLARED, OPEN, UNDERWAY
from .shares import expanding, matrix, reports, scheduling
from .shares.acting import is_lead, is_unit
from .views import chosen_day

BLANK_ROWS = 4


def chosen_plan(request: HttpRequest) -> Plan | None:
    if (pk := whole_number(request.GET.get("plan") or request.POST.get("plan"))) is not None:
        return get_object_or_404(Plan.objects.visible_to(request.user), pk=pk)
    return matrix.current_plan(request.user)


def chosen_year(request: HttpRequest) -> int:
    return whole_year(request.GET.get("year") or request.POST.get("year"), timezone.localdate().year)


def day_of(request: HttpRequest) -> date:
    today = timezone.localdate()
    # The rules by which lights are judged do not reach further back.
    return max(min(chosen_day(request) or today, today), date(2018, 1, 1))


def may_expand(request: HttpRequest) -> bool:
    return Role.BUREAU_STAFF in request.user.roles


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """任务进度: a plan's year as tasks by units with lights, as of a day."""
    if not get("task-shares").may_view(request.user):
        raise PermissionDenied("您的角色不能查看任务进度。")
    plan, year, day = chosen_plan(request), chosen_year(request), day_of(request)
    context = {"plan": plan, "year": year, "day": day, "may_expand": may_expand(request)}
    if plan is not None:
        context |= {
            "matrix": matrix.matrix(request.user, plan, year, request.GET.get("tab", ""), day),
            "plans": Plan.objects.visible_to(request.user).filter(tasks__isnull=False).distinct(),
            "years": range(plan.year_from, min(plan.year_to, timezone.localdate().year + 1) + 1),
        }
    return render(request, "plan/tasks_board.html", context)


@require_safe
def own_tasks(request: HttpRequest) -> HttpResponse:
    """我的任务."""
    if not request.user.roles & READER_ROLES:
        raise PermissionDenied("您的角色不能查看任务。")
    year, day = chosen_year(request), timezone.localdate()
    context = matrix.mine(request.user, year, day) | {"year": year, "day": day}
    return render(request, "plan/my_tasks.html", context | {"years": [day.year - 1, day.year, day.year + 1]})


def expand(request: HttpRequest) -> HttpResponse:
    """What the plan's names come to for a year; POST gives the tasks to the units, in a job."""
    if not may_expand(request):
        raise PermissionDenied("任务由市局业务人员分解。")
    plan, year = chosen_plan(request), chosen_year(request)
    if plan is None:
        raise Http404
    if not plan.year_from <= year <= plan.year_to:
        year = min(max(year, plan.year_from), plan.year_to)
    job = under_way("task_shares", request.user)
    names = expanding.preview(plan, year)
    if request.method == "POST":
        known = {name.text for name in names if name.generic and not name.unknown}
        chosen = sorted(known & set(request.POST.getlist("generic")))
        enqueue(
            "task_shares",
            {"plan": plan.pk, "year": year, "generic": chosen},
            user=request.user,
            key=f"{plan.pk}:{year}",
        )
        messages.success(request, "已开始分解，可以离开本页；重复执行不会重复生成。")
        return redirect(f"{reverse('task_expand')}?plan={plan.pk}&year={year}")
    context = {
        "plan": plan,
        "year": year,
        "years": range(plan.year_from, plan.year_to + 1),
        "named": [name for name in names if not name.generic],
        "generic": [name for name in names if name.generic],
        "new_named": sum(name.new for name in names if not name.generic),
        "job": job,
    }
    return render(request, "plan/tasks_expand.html", context)


def share_of(request: HttpRequest, pk: int, *, states: tuple[str, ...]) -> TaskShare:
    """The share, for its unit or its leading office. Raises Http404 and PermissionDenied."""
    share = get_object_or_404(get("task-shares").queryset(request.user), pk=pk)
    if not (is_unit(request.user, share) or is_lead(request.user, share)):
        raise PermissionDenied("由承办单位或牵头单位的人员办理。")
    if share.status not in states:
        raise PermissionDenied(f"“{share.status_label}”的任务不能再改动。")
    return share


def steps(request: HttpRequest, pk: int) -> HttpResponse:
    """The steps of a share, several lines at once; an emptied title of a step that is not done takes it out."""
    share = share_of(request, pk, states=OPEN)
    there = list(share.milestones.order_by("planned_on", "pk"))
    lines = [
        {
            "key": str(step.pk),
            "title": step.title,
            "day": step.planned_on.isoformat(),
            "note": step.note,
            "fixed": step.done_on is not None,
        }
        for step in there
    ] + [{"key": f"new{at}", "title": "", "day": "", "note": "", "fixed": False} for at in range(BLANK_ROWS)]
    wrong, status, seen = [], 200, scheduling.seen_of(share, there)
    if request.method == "POST":
        for line in lines:
            if not line["fixed"]:
                for name in ("title", "day", "note"):
                    line[name] = (
                        request.POST.get(f"{line['key']}-{name}", line[name]).replace("\0", "").strip()
                    )
        try:
            if (shown := request.POST.get("seen")) is not None and shown != seen:
                raise LostRace(scheduling.lost_message(share, there))
            wrong = scheduling.save(share, there, lines, Actor.of(request.user, "page"))
        except FlowError as error:
            # What others wrote is not on this page: it is sent again from a fresh one, never over theirs.
            wrong, status, seen = [error.message], 409, request.POST.get("seen", "")
        else:
            status = 400 if wrong else 200
        if not wrong:
            messages.success(request, "任务节点已保存。")
            return redirect("task-shares:detail", pk)
    context = {"share": share, "lines": lines, "wrong": wrong, "seen": seen, "lost": status == 409}
    return render(request, "plan/share_steps.html", context, status=status)


@require_POST
def cite(request: HttpRequest, pk: int) -> HttpResponse:
    """Cite a record of the portal by its address, as evidence; only what the person sees."""
    share = share_of(request, pk, states=(*OPEN, DECLARED))
    try:
        ledger, record = record_at(request, request.POST.get("address", ""))
        records.create(
            ShareCitation(
                share=share,
                ledger=ledger.slug,
                record=record.pk,
                title=ledger.title_of(record)[:200],
                note=request.POST.get("note", "").replace("\0", "").strip()[:200],
            ),
            Actor.of(request.user, "page"),
            label="引用佐证记录",
        )
    except ValidationError as error:
        messages.error(request, "；".join(error.messages))
    else:
        messages.success(request, f"已引用{ledger.label}：{record}")
    return redirect(f"{reverse('task-shares:detail', args=[pk])}#cited")


def record_at(request: HttpRequest, text: str):
    """The ledger and the record at an address of this portal. Raises ValidationError where there is none to see."""
    nothing = ValidationError("请粘贴本平台某条记录页面的网址；看不到的记录不能引用。")
    try:
        found = resolve(urlsplit(text.strip()).path)
        if found.url_name != "detail" or "pk" not in found.kwargs:
            raise nothing
        ledger = get(found.namespace)
    except (Resolver404, LookupError, ValueError):
        raise nothing from None
    record = ledger.queryset(request.user).filter(pk=found.kwargs["pk"]).first()
    if record is None:
        raise nothing
    return ledger, record


@require_POST
def start_report(request: HttpRequest, pk: int) -> HttpResponse:
    """Begin the report of the period that runs, or go on with it."""
    share = share_of(request, pk, states=(UNDERWAY,))
    if not is_unit(request.user, share):
        raise PermissionDenied("进展报告由承办单位填报。")
    period = reports.current_period(share, timezone.localdate())
    try:
        report = reports.open_report(share, period, Actor.of(request.user, "page"), is_demo=share.is_demo)
    except FlowError as error:
        messages.error(request, error.message)
        return redirect("task-shares:detail", pk)
    return redirect("share-reports:detail", report.pk)


def figures(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct figures of a report by hand, each with its reason."""
    report = get_object_or_404(get("share-reports").queryset(request.user), pk=pk)
    if not is_unit(request.user, report.share):
        raise PermissionDenied("进展报告由承办单位填报。")
    if report.status != DRAFT:
        raise PermissionDenied("已报送的报告不能再改动，请牵头单位退回后再改。")
    kept = list(report.figures.all())
    moved = reports.moved_under(kept)
    lines = [
        {
            "figure": figure,
            "typed": "" if figure.typed is None else f"{figure.typed.normalize():f}",
            "reason": figure.reason,
            "moved": moved.get(figure.pk),
        }
        for figure in kept
    ]
    wrong: list[str] = []
    status = 200
    if request.method == "POST":
        typed = {}
        for line in lines:
            key = line["figure"].pk
            line["typed"] = request.POST.get(f"typed-{key}", "").replace("\0", "").strip()
            line["reason"] = request.POST.get(f"reason-{key}", "").replace("\0", "").strip()
            try:
                value = parse_decimal(line["typed"], 2) if line["typed"] else None
            except ValueError as error:
                wrong.append(f"“{line['figure'].label}”：{error}")
                continue
            typed[key] = (value, line["reason"])
        status = 400
        if not wrong:
            seen = whole_number(request.POST.get("version"))
            try:
                reports.correct(report, typed, Actor.of(request.user, "page"), seen)
            except ValidationError as error:
                wrong = error.messages
            except FlowError as error:
                wrong, status = [error.message], 409
                report.refresh_from_db()
                beside(report, lines)
            else:
                messages.success(request, "数据已保存，人工更正的数已标注。")
                return redirect("share-reports:detail", pk)
    version = report.version if status != 400 else request.POST.get("version", "")
    context = {"report": report, "lines": lines, "wrong": wrong, "version": version, "lost": status == 409}
    return render(request, "plan/report_correct.html", context, status=status)


def beside(report: ShareReport, lines: list[dict]) -> None:
    """Put what somebody else wrote meanwhile beside what this person typed; saving again is then a choice."""
    fresh = {figure.pk: figure for figure in report.figures.all()}
    for line in lines:
        figure = fresh.get(line["figure"].pk)
        if figure is None:
            continue
        line["figure"] = figure
        theirs = "" if figure.typed is None else f"{figure.typed.normalize():f}"
        if (theirs, figure.reason) != (line["typed"], line["reason"]):
            line["theirs"] = (
                f"现为更正数 {theirs}（{figure.reason}）" if theirs else "现没有更正，以台账数为准"
            )
