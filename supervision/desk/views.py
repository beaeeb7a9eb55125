"""The workbench, messages, running jobs, and what the security administrator does to an account."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import connection
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from supervision.flows.history import Actor
from supervision.flows.models import Event
from supervision.flows.reach import model_named
from supervision.jobs.drawing import progress_of
from supervision.jobs.models import JobRun
from supervision.ledgers.ledger import Ledger
from supervision.ledgers.list_pages import page_links
from supervision.ledgers.registry import ledger_for
from supervision.people.models import Role, User
from supervision.people.passwords import random_password

from . import todo
from .credentials import reset_second_factor, set_password
from .models import Notice
from .notices import addresses

SIZE = 20


def workbench(request: HttpRequest) -> HttpResponse:
    """待办 / 已办 / 我发起 / 抄送我, with the counts above."""
    tab = request.GET.get("tab", "todo")
    waiting = todo.counts_by_ledger(request.user)
    number = todo.summed(waiting)
    late = request.GET.get("late", "")
    late = late if late in ("overdue", "soon") else ""
    chosen = request.GET.get("ledger", "")
    kinds = []
    if tab == "todo":
        kinds = kinds_of_todo(waiting, late, chosen)
        some = [
            (ledger, row) for ledger, row in waiting if chosen in ("", ledger.slug) and row[late or "total"]
        ]
        page = Paginator(range(todo.summed(some)[late or "total"]), SIZE).get_page(request.GET.get("page"))
        ledgers = [ledger for ledger, _ in some]
        rows = todo.page(request.user, max(page.start_index() - 1, 0), SIZE, late, ledgers)
        add_senders(rows)
    else:
        queryset = {"done": done, "mine": mine, "copied": copied}.get(tab, done)(request.user)
        page = Paginator(queryset, SIZE).get_page(request.GET.get("page"))
        rows = notice_rows(page, request.user) if tab == "copied" else event_rows(page, request.user)
    home = reverse("workbench")
    tabs = [
        ("todo", "待办", number["total"]),
        ("done", "已办", None),
        ("mine", "我发起", None),
        ("copied", "抄送我", None),
    ]
    return render(
        request,
        "desk/workbench.html",
        {
            "counts": [
                {
                    "label": "已超期",
                    "value": number["overdue"],
                    "color": "red",
                    "url": f"{home}?late=overdue",
                    "active": tab == "todo" and late == "overdue",
                },
                {
                    "label": "三日内到期",
                    "value": number["soon"],
                    "color": "yellow",
                    "url": f"{home}?late=soon",
                    "active": tab == "todo" and late == "soon",
                },
                {"label": "全部待办", "value": number["total"], "color": "green", "url": home},
            ],
            "tabs": [
                {"label": label, "url": f"{home}?tab={key}", "active": key == tab, "count": count}
                for key, label, count in tabs
            ],
            "kinds": kinds,
            "rows": rows,
            "page": page,
            "total": page.paginator.count,
            "page_links": page_links(page, request),
            "empty_reason": {
                "done": "还没有办过的事项。",
                "mine": "还没有您发起的事项。",
                "copied": "没有抄送给您的事项。",
            }.get(tab, "没有需要办理的事项。"),
        },
    )


def kinds_of_todo(waiting: list[tuple[Ledger, dict[str, int]]], late: str, chosen: str) -> list[dict]:
    """Buttons that narrow the list to one ledger, with what waits there; none where there is but one."""
    kind = late or "total"
    some = [(ledger, row[kind]) for ledger, row in waiting if row[kind] or ledger.slug == chosen]
    if len(some) < 2 and not chosen:
        return []

    def button(label: str, count: int, slug: str = "") -> dict:
        query = urlencode({name: value for name, value in (("late", late), ("ledger", slug)) if value})
        url = reverse("workbench") + (f"?{query}" if query else "")
        return {"label": label, "count": count, "url": url, "active": slug == chosen}

    whole = button("全部", sum(row[kind] for _, row in waiting))
    return [whole, *(button(ledger.label, count, ledger.slug) for ledger, count in some)]


def add_senders(rows: list[dict]) -> None:
    """Who handed each record on last: one query per kind of record on the page."""
    by_model: dict = {}
    for row in rows:
        by_model.setdefault(row["model"], []).append(row)
    for model, group in by_model.items():
        events = Event.objects.filter(
            model=model._meta.label_lower,
            object_id__in=[row["pk"] for row in group],
            verb__in=("transition", "create"),
        )
        last = {event.object_id: event for event in events.order_by("seq")}
        for row in group:
            if event := last.get(row["pk"]):
                row["from_whom"] = event.actor_name


def done(user: User):
    return Event.objects.filter(actor_id=user.pk, verb="transition").order_by("-pk")


def mine(user: User):
    flowing = [ledger.model._meta.label_lower for ledger in todo.travelling(user)]
    return Event.objects.filter(actor_id=user.pk, verb="create", model__in=flowing).order_by("-pk")


def copied(user: User):
    return Notice.objects.visible_to(user)


def event_rows(page, user: User) -> list[dict]:
    """Events of a page as workbench rows with the record's present state; what one no longer sees has no link."""
    by_model: dict[str, set[int]] = {}
    for event in page.object_list:
        by_model.setdefault(event.model, set()).add(event.object_id)
    found = {}
    for label, pks in by_model.items():
        model = model_named(label)
        ledger = ledger_for(model)
        if ledger:
            for record in ledger.queryset(user).filter(pk__in=pks):
                found[label, record.pk] = (ledger, record)
    rows = []
    for event in page.object_list:
        ledger, record = found.get((event.model, event.object_id), (None, None))
        row = (
            todo.row(ledger, record) if ledger and ledger.flow else {"project": "", "url": "", "status": None}
        )
        row |= {
            "at": event.at,
            "what": f"{event.title}：{event.label}",
            "action_label": "查看",
            "from_whom": "",
        }
        if ledger:
            row["url"] = ledger.record_url(record.pk)
        rows.append(row)
    return rows


def notice_rows(page, user: User) -> list[dict]:
    notices = list(page.object_list)
    where = addresses(notices, user)
    return [
        {"at": n.at, "what": n.title, "url": where.get(n.pk, reverse("notices")), "action_label": "查看"}
        for n in notices
    ]


def todo_next(request: HttpRequest) -> HttpResponse:
    """The next thing to do after finishing one; the workbench when there is none."""
    rows = todo.page(request.user, 0, 1)
    return redirect(rows[0]["url"] if rows else "workbench")


def notices(request: HttpRequest) -> HttpResponse:
    """Messages, newest first. Opening the page marks those on it as read."""
    page = Paginator(Notice.objects.visible_to(request.user), SIZE).get_page(request.GET.get("page"))
    shown = list(page.object_list)
    where = addresses(shown, request.user)
    rows = [
        {
            "at": n.at,
            "title": n.title,
            "body": n.body,
            "url": where.get(n.pk, ""),
            "read": n.read_at is not None,
            "red": n.is_red,
        }
        for n in shown
    ]
    Notice.objects.filter(pk__in=[n.pk for n in shown], read_at__isnull=True).update(read_at=timezone.now())
    return render(
        request,
        "desk/notices.html",
        {
            "rows": rows,
            "page": page,
            "total": page.paginator.count,
            "page_links": page_links(page, request),
            "links": {"read_all": reverse("notices_read")},
        },
    )


@require_POST
def notices_read(request: HttpRequest) -> HttpResponse:
    Notice.objects.filter(user_id=request.user.pk, read_at__isnull=True).update(read_at=timezone.now())
    return redirect("notices")


def job_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The progress bar of one job, polled by the page that shows it."""
    run = get_object_or_404(JobRun.objects.visible_to(request.user), pk=pk)
    return render(request, "shell/progress.html", {"job": progress_of(run, result=True)})


def job_result(request: HttpRequest, pk: int) -> HttpResponse:
    """The file a job made, for whoever started it."""
    run = get_object_or_404(JobRun.objects.visible_to(request.user), pk=pk)
    root = Path(settings.MEDIA_ROOT).resolve()
    file = (root / run.result_file).resolve() if run.result_file else None
    if file is None or root not in file.parents or not file.is_file():
        raise Http404
    return FileResponse(file.open("rb"), as_attachment=True, filename=file.name)


def _account(request: HttpRequest, pk: int) -> User:
    if Role.SECURITY_ADMIN not in request.user.roles:
        raise PermissionDenied("只有安全管理员可以重置账户。")
    return get_object_or_404(User.objects.visible_to(request.user), pk=pk)


@require_POST
def reset_password(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a person a random first password, shown once to the security administrator."""
    user = _account(request, pk)
    password = random_password()
    set_password(user, password, Actor.of(request.user, "page"), first=True, reason="安全管理员重置密码")
    messages.success(request, f"新的初始密码：{password} 。只显示这一次，本人首次登录须更改。")
    return redirect("users:detail", pk=pk)


@require_POST
def reset_totp(request: HttpRequest, pk: int) -> HttpResponse:
    """Take away a person's second factor after a lost phone."""
    user = _account(request, pk)
    removed = reset_second_factor(user, Actor.of(request.user, "page"), "安全管理员重置两步验证")
    messages.success(request, "已重置两步验证。" if removed else "该用户没有设置两步验证。")
    return redirect("users:detail", pk=pk)


@login_not_required
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when the portal answers and its database does; for proxies and monitors."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"ok": True})
