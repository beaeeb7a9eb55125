"""From a notice to a plan: paste or upload, correct what was read beside its words, adopt."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from supervision.flows.errors import FlowError
from supervision.flows.history import Actor
from supervision.people.models import Role, User

from . import adopting, correcting, drafting, naming
from .models import ItemKind, ItemState, NoticeDraft, NoticeItem, Target, TargetGroup, UnitRole

MAY_READ_IN = frozenset({Role.BUREAU_STAFF})


class NoticeForm(forms.Form):
    text = forms.CharField(
        label="通知正文",
        required=False,
        strip=False,
        widget=forms.Textarea(
            attrs={"rows": 16, "placeholder": "从标题到落款整篇粘贴；带表格的可以直接从 Word 复制"}
        ),
    )
    file = forms.FileField(
        label="或上传文件",
        required=False,
        help_text="docx 或 txt",
        widget=forms.ClearableFileInput(attrs={"accept": ".docx,.txt"}),
    )

    def clean(self):
        given = super().clean()
        if not (given.get("text") or "").strip() and not given.get("file"):
            raise ValidationError("请粘贴通知正文，或上传文件。")
        return given


def check_may(user: User) -> None:
    if not user.roles & MAY_READ_IN:
        raise PermissionDenied("您的角色不能从通知录入计划。")


def read_in(request: HttpRequest) -> HttpResponse:
    """Paste or upload a notice."""
    check_may(request.user)
    form = NoticeForm(request.POST, request.FILES) if request.method == "POST" else NoticeForm()
    if form.is_bound and form.is_valid():
        try:
            draft, new = take(
                form.cleaned_data.get("text") or "",
                form.cleaned_data.get("file"),
                Actor.of(request.user, "page"),
            )
        except ValidationError as error:
            form.add_error("file" if form.cleaned_data.get("file") else "text", error.messages)
        except FlowError as error:
            form.add_error(None, error.message)
        else:
            messages.success(
                request, "已读取，请逐条核对。" if new else "这份通知以前读取过，以下是原来的草稿。"
            )
            return redirect("notice_review", draft.pk)
    status = 400 if form.is_bound and form.errors else 200
    return render(request, "plan/notice_new.html", {"form": form}, status=status)


def take(text: str, file, actor: Actor) -> tuple[NoticeDraft, bool]:
    """The draft of a pasted text or an uploaded file; a file goes before a text."""
    if file:
        source, name = drafting.source_of(file)
        return drafting.draft_from(source, actor, name)
    return drafting.draft_from(drafting.pasted(text), actor)


def review(request: HttpRequest, pk: int) -> HttpResponse:
    """What was read, each beside its words; everything open is marked."""
    return draw(request, draft_of(request, pk))


def draft_of(request: HttpRequest, pk: int) -> NoticeDraft:
    from supervision.ledgers.registry import get

    if not get("notice-drafts").may_view(request.user):
        raise PermissionDenied("您的角色不能查看通知草稿。")
    return get_object_or_404(NoticeDraft.objects.visible_to(request.user).select_related("plan"), pk=pk)


def draw(
    request: HttpRequest, draft: NoticeDraft, *, wrong: dict[int, list[str]] | None = None, status: int = 200
) -> HttpResponse:
    items = list(draft.items.select_related("like").prefetch_related("names__organization"))
    may = bool(request.user.roles & MAY_READ_IN)
    for item in items:
        item.wrong = (wrong or {}).get(item.pk, [])
        item.listed = list(item.names.all())
        item.open_names = sum(not name.known for name in item.listed)
        item.editable = may and not item.adopted
    by_kind = {kind: [item for item in items if item.kind == kind] for kind in ItemKind.values}
    texts = by_kind[ItemKind.TEXT]
    keeper = naming.projects()
    context = {
        "draft": draft,
        "notes": draft.notes.splitlines(),
        "parts": [
            {"code": code, "label": label, "items": by_kind[code]}
            for code, label in ItemKind.choices
            if code != ItemKind.TEXT
        ],
        "unread": [item for item in texts if item.unresolved],
        "texts": [item for item in texts if not item.unresolved],
        "counts": summary(items),
        "groups": TargetGroup.choices,
        "roles": UnitRole.choices,
        "kinds": ItemKind.choices,
        "likes": like_choices() if may and by_kind[ItemKind.TARGET] else [],
        "uses": keeper.uses() if keeper and may and by_kind[ItemKind.LIST] else [],
        "use_labels": dict(keeper.uses()) if keeper and not may and by_kind[ItemKind.LIST] else {},
        "may": may,
        "wrong": wrong or {},
        "general": (wrong or {}).get(0, []),
    }
    return render(request, "plan/notice_review.html", context, status=status)


def summary(items: list[NoticeItem]) -> dict[str, int]:
    """How far the checking has come."""
    found = [item for item in items if item.kind != ItemKind.TEXT]
    return {
        "found": len(found),
        "accepted": sum(item.state == ItemState.ACCEPTED for item in found),
        "adopted": sum(item.adopted for item in found),
        "rejected": sum(item.state == ItemState.REJECTED for item in found),
        "pending": sum(item.state == ItemState.PENDING for item in found),
        "unresolved": sum(item.unresolved and item.state == ItemState.PENDING for item in items),
        "undated": sum(
            item.kind == ItemKind.TARGET and not item.period and item.state == ItemState.PENDING
            for item in items
        ),
    }


def like_choices() -> list[tuple[int, str]]:
    """Targets whose way of computing another may take over."""
    rows = Target.objects.exclude(indicator="").select_related("plan").order_by("plan", "order", "pk")[:60]
    return [(target.pk, f"{target.name}（{target.get_kind_display()}）") for target in rows]


@require_POST
def save_item(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct an item and, by the button pressed, accept or reject it."""
    check_may(request.user)
    item = get_object_or_404(NoticeItem.objects.visible_to(request.user).select_related("draft__plan"), pk=pk)
    actor = Actor.of(request.user, "page")
    try:
        done = correcting.correct(item, request.POST, actor)
    except ValidationError as error:
        return draw(request, item.draft, wrong={item.pk: error.messages}, status=400)
    except FlowError as error:
        return draw(request, item.draft, wrong={item.pk: [error.message]}, status=error.http_status)
    messages.success(request, f"{done.get_kind_display()}“{done}”：{done.get_state_display()}。")
    return redirect(f"{reverse('notice_review', args=[item.draft_id])}#item-{item.pk}")


@require_POST
def accept_all(request: HttpRequest, pk: int) -> HttpResponse:
    """Accept what was read without anything open."""
    check_may(request.user)
    draft = draft_of(request, pk)
    try:
        done = adopting.accept_read(draft, Actor.of(request.user, "page"))
    except FlowError as error:
        return draw(request, draft, wrong={0: [error.message]}, status=error.http_status)
    messages.success(request, f"已接受 {done} 条；标为未识别的请逐条核对。")
    return redirect("notice_review", draft.pk)


@require_POST
def all_yearly(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for every year what the notice asks for without naming one."""
    check_may(request.user)
    draft = draft_of(request, pk)
    try:
        done = adopting.all_yearly(draft, Actor.of(request.user, "page"))
    except FlowError as error:
        return draw(request, draft, wrong={0: [error.message]}, status=error.http_status)
    messages.success(request, f"{done} 项未写年份的目标已定为每年考核，请继续核对。")
    return redirect("notice_review", draft.pk)


@require_POST
def adopt(request: HttpRequest, pk: int) -> HttpResponse:
    """Make the accepted items a plan."""
    check_may(request.user)
    draft = draft_of(request, pk)
    try:
        done = adopting.adopt(draft, Actor.of(request.user, "page"))
    except ValidationError as error:
        return draw(request, draft_of(request, pk), wrong={0: error.messages}, status=400)
    except FlowError as error:
        return draw(request, draft_of(request, pk), wrong={0: [error.message]}, status=error.http_status)
    messages.success(request, f"已采用到“{done.plan}”：{done}。")
    return redirect("plans:detail", done.plan.pk)
