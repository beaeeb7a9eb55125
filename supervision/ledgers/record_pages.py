"""A record's page: facts, panels, history, attachments."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from supervision.flows import perform, records
from supervision.flows.errors import NotAllowed
from supervision.flows.reach import label_of
from supervision.papers import services as papers
from supervision.papers.models import Attachment

from . import rows as drawing
from .natural import has_text, text_of
from .pages import LedgerPage
from .registry import get


class DetailPage(LedgerPage):
    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        try:
            record = self.record(pk)
        except Http404:
            if there := self.elsewhere(pk):
                return redirect(there)
            raise
        return render(request, "ledgers/detail.html", self.detail(record))

    def detail(self, record: models.Model, attachment_form: forms.Form | None = None) -> dict:
        ledger, user = self.ledger, self.request.user
        # However the page comes to be shown, also beside a file that was not taken.
        ledger.opened(record, self.actor)
        flow = ledger.flow
        actions, missing = [], []
        if flow:
            for transition in perform.open_to([record], user)[record.pk]:
                lacking = perform.missing_for(record, transition)
                if not lacking:
                    query = "?from=todo" if self.request.GET.get("from") == "todo" else ""
                    actions.append(
                        {
                            "name": transition.name,
                            "label": transition.label,
                            "style": transition.style,
                            "url": self.link("do", record.pk, transition.name) + query,
                        }
                    )
                elif transition.duty:
                    missing += [f"{transition.label}：{text}" for text in lacking]
        state = flow.states[record.status] if flow else None
        may_attach = ledger.may_attach(record, user)
        return self.context(
            record=record,
            title=ledger.title_of(record),
            status={"label": state.label, "color": state.color} if state else None,
            overlays=[o for o in flow.overlays if getattr(record, o.attribute)] if flow else [],
            groups=drawing.facts(ledger, record),
            actions=actions,
            missing=list(dict.fromkeys(missing)),
            panels=self.panels(record),
            events=self.events(record, 30),
            steps=ledger.steps(record),
            attachments=self.attachments(record) if ledger.keeps_history else None,
            attachment_form=(attachment_form or AttachmentForm(record=record)) if may_attach else None,
            extra_templates=ledger.detail_templates,
            links={
                "edit": self.link("edit", record.pk) if ledger.may_edit(record, user) else "",
                "back": self.link("list"),
                "print": "",
                "attach": self.link("attach", record.pk),
                "history": self.link("history", record.pk) if ledger.keeps_history else "",
                "attachments": reverse("attachment_archive")
                + "?"
                + urlencode({"model": label_of(type(record)), "object_id": record.pk}),
            },
            **ledger.more_context(record, user),
        )

    def events(self, record: models.Model, limit: int, *, whole: bool = False) -> list[dict]:
        if not self.ledger.keeps_history:
            return []
        found = records.events_of(record).order_by("-seq")
        if not whole and self.ledger.quiet_verbs:
            found = found.exclude(verb__in=self.ledger.quiet_verbs)
        return drawing.timeline(list(found[:limit]), type(record))

    def attachments(self, record: models.Model) -> list[dict]:
        made = []
        for file in papers.of(record):
            shown = file.is_image or file.mime == "application/pdf"
            made.append(
                {
                    "id": file.pk,
                    "name": file.name,
                    "size_text": size_text(file.size),
                    "kind_label": file.kind,
                    "uploaded_by": file.uploader_name,
                    "at": file.at,
                    "url": reverse("attachment", args=[file.pk]),
                    "is_image": file.is_image,
                    "preview_url": reverse(
                        "attachment_thumb" if file.is_image else "attachment_preview", args=[file.pk]
                    )
                    if shown
                    else "",
                    "void": file.void_at is not None,
                }
            )
        return made

    def panels(self, record: models.Model) -> list[dict]:
        made = []
        for panel in self.ledger.panels:
            other = get(panel.ledger)
            if not other.may_view(self.request.user):
                continue
            queryset = (
                other.queryset(self.request.user).filter(**{panel.field: record.pk}).order_by(*other.ordering)
            )
            columns = (
                [other.column(key) for key in panel.columns]
                if panel.columns
                else [c for c in other.columns if c.listed and c.key != panel.field][:8]
            )
            query = urlencode({panel.field: text_of(record) if has_text(type(record)) else record.pk})
            made.append(
                {
                    "label": panel.label or other.label,
                    "slug": other.slug,
                    "columns": drawing.heads(columns),
                    "rows": drawing.rows(other, queryset[: panel.rows], columns),
                    "total": queryset.count(),
                    "more_url": f"{other.url}?{query}" if panel.field in other.filters else "",
                    "new_url": f"{reverse(f'{other.slug}:new')}?{query}"
                    if other.may_create(self.request.user)
                    else "",
                }
            )
        return made


def size_text(size: int) -> str:
    return f"{size / 1048576:.1f} MB" if size >= 1048576 else f"{max(1, round(size / 1024))} KB"


class HistoryPage(DetailPage):
    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        record = self.record(pk)
        return render(
            request,
            "ledgers/history.html",
            self.context(
                record=record,
                title=self.ledger.title_of(record),
                events=self.events(record, 1000, whole=True),
                links={"back": self.ledger.record_url(pk)},
            ),
        )


class AttachmentForm(forms.Form):
    kind = forms.ChoiceField(label="材料类别")
    file = forms.FileField(label="文件", help_text="支持 PDF、图片、Word、Excel、文本和 ZIP")

    def __init__(self, *args: Any, record: models.Model, **kwargs: Any):
        super().__init__(*args, **kwargs)
        kinds = list(record.attachment_kinds()) if hasattr(record, "attachment_kinds") else []
        self.fields["kind"].choices = [(kind, kind) for kind in (*kinds, "其他")]


class AttachPage(DetailPage):
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        record = self.record(pk)
        if not self.ledger.may_attach(record, request.user):
            raise NotAllowed("您现在不能在此记录上传附件。")
        form = AttachmentForm(request.POST, request.FILES, record=record)
        if form.is_valid():
            try:
                papers.attach(record, form.cleaned_data["file"], form.cleaned_data["kind"], self.actor)
            except ValidationError as error:
                form.add_error("file", error)
            else:
                messages.success(request, "附件已上传。")
                return redirect(self.ledger.record_url(pk) + "#attachments")
        return render(request, "ledgers/detail.html", self.detail(record, form), status=400)


class VoidPage(LedgerPage):
    """Mark an attachment as no longer valid; the file stays."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int, attachment: int) -> HttpResponse:
        record = self.record(pk)
        file = get_object_or_404(Attachment, pk=attachment, model=label_of(type(record)), object_id=pk)
        if not self.ledger.may_void(record, file, request.user):
            raise NotAllowed("您现在不能作废此附件。")
        try:
            papers.void(file, self.actor, request.POST.get("reason", ""))
        except ValidationError as error:
            messages.error(request, error.messages[0])
        else:
            messages.success(request, "附件已作废。")
        return redirect(self.ledger.record_url(pk) + "#attachments")
