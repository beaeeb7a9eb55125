"""The pages of a ledger's sheets: export, template, import, and the batch an import makes."""

from __future__ import annotations

import tempfile
from io import BytesIO
from pathlib import Path
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from supervision.flows.errors import FlowError, NotAllowed
from supervision.jobs import services
from supervision.jobs.drawing import progress_of
from supervision.jobs.models import JobRun

from .list_pages import filtered
from .models import ImportBatch, ImportRow
from .pages import LedgerPage
from .registry import ledger_for
from .rows import Cell, Row, heads
from .sheets import acting, export, staging, writing
from .sheets.cells import said
from .sheets.container import EXTENSIONS, MAX_BYTES
from .sheets.errors import SheetError
from .sheets.raw import MAX_ROWS
from .sheets.template import write_template

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PREVIEW_ROWS = 20
State, Action = ImportBatch.State, ImportRow.Action
COLORS = {
    State.STAGING: "blue",
    State.STAGED: "yellow",
    State.COMMITTING: "blue",
    State.COMMITTED: "green",
    State.UNDONE: "gray",
    State.FAILED: "red",
}


def workbook(name: str, write: Any) -> FileResponse:
    """A workbook as a download; `write(path)` makes it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "sheet.xlsx")
        write(path)
        content = BytesIO(path.read_bytes())
    response = FileResponse(content, as_attachment=True, filename=name, content_type=XLSX)
    response["Cache-Control"] = "private, no-store"
    return response


def job_url(run: JobRun) -> str:
    """The page that shows a job's progress and, in the end, its file."""
    ledger = ledger_for(JobRun)
    return ledger.record_url(run.pk) if ledger else reverse("workbench")


class ExportPage(LedgerPage):
    """The list as it is filtered, as a workbook: at once, or by a job when it is long."""

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest) -> HttpResponseBase:
        ledger, user = self.ledger, request.user
        if not ledger.exportable:
            raise Http404
        _, queryset = filtered(ledger, request)
        if queryset.count() <= export.EXPORT_INLINE:
            unit = export.unit_of(user)
            return workbook(
                export.file_name(ledger), lambda path: export.write_records(path, ledger, queryset, unit)
            )
        query = request.GET.urlencode()
        run = services.enqueue(
            "export_sheet",
            {"ledger": ledger.slug, "query": query},
            user,
            key=f"{user.pk}:{ledger.slug}:{query}"[:200],
            label=f"导出{ledger.label}",
        )
        messages.info(request, "记录较多，正在后台生成工作簿，完成后可在此页下载。")
        return redirect(job_url(run))


class SheetPage(LedgerPage):
    """Base of what only people who add or change records may open."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated and self.ledger.may_view(request.user):
            if not self.ledger.importable:
                raise Http404
            self.allowed = acting.may_import(self.ledger, request.user)
        return super().dispatch(request, *args, **kwargs)

    def require(self) -> None:
        if not self.allowed:
            raise NotAllowed(f"您的角色不能导入“{self.ledger.label}”。")


class TemplatePage(SheetPage):
    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest) -> HttpResponseBase:
        self.require()
        ledger = self.ledger

        def write(path: Path) -> None:
            with path.open("wb") as target:
                write_template(ledger, target)

        return workbook(f"{export.title_of(ledger)}导入模板.xlsx", write)


class UploadForm(forms.Form):
    file = forms.FileField(
        label="工作簿",
        max_length=200,
        allow_empty_file=True,
        help_text=f"{'、'.join('.' + e for e in EXTENSIONS)}，不超过 {MAX_BYTES // 1048576} MB",
        widget=forms.ClearableFileInput(attrs={"accept": ",".join(f".{e}" for e in EXTENSIONS)}),
    )


class ImportPage(SheetPage):
    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest) -> HttpResponse:
        self.require()
        return self.draw(UploadForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        self.require()
        form = UploadForm(request.POST, request.FILES)
        if not form.is_valid():
            return self.draw(form, 400)
        file = form.cleaned_data["file"]
        try:
            batch = staging.receive(self.ledger, request.user, file.name, file.chunks())
        except SheetError as error:
            place = f"第 {error.row} 行：" if error.row else ""
            form.add_error("file", place + error.message)
            return self.draw(form, 400)
        return redirect(self.link("import_batch", batch.pk))

    def draw(self, form: UploadForm, status: int = 200) -> HttpResponse:
        ledger = self.ledger
        keys = "、".join(ledger.column(name).label for name in ledger.key)
        rules = [
            "带 * 的列必填；各列的写法见模板中的“填写说明”。",
            f"按“{keys}”辨认已有记录：有则更新，没有则新增。"
            if keys
            else "与已有记录完全相同的行不重复登记，其余各行新增。",
            "更新时只改动工作簿里有的列；单元格留空表示清空该项。",
            f"一次最多 {MAX_ROWS:,} 行。隐藏的行、隐藏的工作表和合计行不读取。",
        ]
        if ledger.flow:
            rules.append("状态不能通过导入修改；新增的记录从第一步开始办理。")
        return render(
            self.request,
            "ledgers/import.html",
            self.context(
                form=form,
                rules=rules,
                links={"template": self.link("template"), "back": self.link("list")},
            ),
            status=status,
        )


class BatchPage(SheetPage):
    """What the check of a workbook found, and what became of it."""

    http_method_names = ["get", "head"]

    def batch(self, pk: int) -> ImportBatch:
        own = ImportBatch.objects.visible_to(self.request.user).filter(ledger=self.ledger.slug)
        return get_object_or_404(own.select_related("job"), pk=pk)

    def get(self, request: HttpRequest, batch: int) -> HttpResponse:
        found = self.batch(batch)
        rows = found.rows.filter(action=Action.ERROR).order_by("row")
        problems = [
            {"row": row.row, **error} for row in rows.only("row", "errors").iterator() for error in row.errors
        ]
        columns = [column for column in self.ledger.sheet_columns if column.key in found.columns]
        preview = [
            Row(row, row.row, "", [Cell(said(row.raw.get(c.key, "")), head) for c, head in pairs(columns)])
            for row in found.rows.order_by("row")[:PREVIEW_ROWS]
        ]
        return render(
            request,
            "ledgers/import_batch.html",
            self.context(
                batch=self.facts(found),
                problems=Paginator(problems, 50).get_page(request.GET.get("page")),
                columns=heads(columns),
                rows=preview,
                notes=found.notes,
                links=self.links(found),
            ),
        )

    @staticmethod
    def facts(batch: ImportBatch) -> dict:
        job = batch.job
        return {
            "pk": batch.pk,
            "filename": batch.filename,
            "state": batch.state,
            "state_label": batch.get_state_display(),
            "color": COLORS[batch.state],
            "message": batch.message,
            "total": batch.total,
            "created": batch.created,
            "updated": batch.updated,
            "unchanged": batch.unchanged,
            "error_count": batch.error_count,
            "job": progress_of(job) if job and (not job.finished or job.error) else None,
        }

    def links(self, batch: ImportBatch) -> dict[str, str]:
        busy = batch.job is not None and not batch.job.finished
        ready = not busy and batch.state in (State.STAGED, State.COMMITTING) and self.allowed
        writes = batch.created + batch.updated

        def act(name: str, shown: bool) -> str:
            return self.link("import_act", batch.pk, name) if shown else ""

        return {
            "back": self.link("import"),
            "faulty": act("faulty", bool(batch.error_count)),
            "commit": act("commit", bool(ready and writes and not batch.error_count)),
            "commit_good": act("commit_good", bool(ready and writes and batch.error_count)),
            "undo": act(
                "undo", bool(not busy and batch.state == State.COMMITTED and writes and self.allowed)
            ),
        }


def pairs(columns: list) -> list[tuple]:
    return list(zip(columns, heads(columns), strict=True))


class BatchActPage(BatchPage):
    """commit, commit_good and undo by POST; faulty (the faulty rows as a workbook) by GET."""

    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest, batch: int, act: str) -> HttpResponseBase:
        found = self.batch(batch)
        if act != "faulty":
            raise Http404
        name = f"{Path(found.filename).stem}_有误的行.xlsx"
        return workbook(name, lambda path: export.write_faulty(path, found))

    def post(self, request: HttpRequest, batch: int, act: str) -> HttpResponse:
        found = self.batch(batch)
        if act not in ("commit", "commit_good", "undo"):
            raise Http404
        self.require()
        try:
            if act == "undo":
                writing.ask_undo(found, request.user)
                messages.success(request, "撤销已开始。" if self.running(found) else "已撤销本次导入。")
            elif writing.commit(found, request.user, good_only=act == "commit_good"):
                messages.success(request, "写入已开始。" if self.running(found) else "已写入。")
            else:
                messages.info(request, "这一批已经写入或正在写入，没有重复写入。")
        except FlowError as error:
            messages.error(request, error.message)
        return redirect(self.link("import_batch", batch))

    @staticmethod
    def running(batch: ImportBatch) -> bool:
        batch.refresh_from_db()
        return batch.job is not None and not batch.job.finished
