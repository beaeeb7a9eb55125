"""Results side by side: a sheet's columns with their arithmetic, and the same marks under another version."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from supervision.jobs.services import enqueue
from supervision.ledgers.registry import get
from supervision.rules.numbers import whole_number

from ..models import Assessment, StandardVersion
from ..models.standard import MarkColumn, Subject
from . import showing
from .sheet import COLUMN_LABELS, Sheet
from .views import visible


@require_safe
def result(request: HttpRequest, pk: int) -> HttpResponse:
    """Every column's score with its arithmetic; under another version beside it; where two columns differ."""
    record = visible(request, pk)
    sheet = Sheet(record)
    filled = [column for column in record.columns if getattr(record, f"{column}_on")]
    under = None
    if (number := whole_number(request.GET.get("under"))) is not None:
        under = get_object_or_404(
            StandardVersion.objects.exclude(status="draft").select_related("standard"), pk=number
        )
    columns = []
    for column in filled:
        line = {
            "code": column,
            "label": COLUMN_LABELS[column],
            "own": showing.result_lines(sheet.result(column)),
        }
        if under is not None:
            other, lost = sheet.under(under, column)
            line |= {"other": showing.result_lines(other), "lost": lost}
        columns.append(line)
    last = filled[-1] if len(filled) > 1 else None
    differences, pairs = sheet.differences("self", last) if last else ([], 0)
    return render(
        request,
        "assessments/result.html",
        {
            "ledger": get("assessments"),
            "record": record,
            "columns": columns,
            "under": under,
            "versions": showing.other_versions(record),
            "last_label": COLUMN_LABELS.get(last, ""),
            "differences": showing.difference_lines(differences),
            "pairs": pairs,
            "links": {"back": get("assessments").record_url(pk)},
        },
    )


class RescoreForm(forms.Form):
    """Which sheets are scored under which version: a year's, of one kind of unit, by one column's marks."""

    version = forms.ChoiceField(label="按哪一版本试算")
    year = forms.TypedChoiceField(label="年度", coerce=int)
    subject = forms.ChoiceField(label="考核对象", choices=Subject.choices)
    column = forms.ChoiceField(label="以哪一栏的评分", choices=MarkColumn.choices, initial=MarkColumn.OWNER)

    def __init__(self, *args, years: list[int], **kwargs):
        super().__init__(*args, **kwargs)
        versions = StandardVersion.objects.exclude(status="draft").select_related("standard")
        rows = versions.order_by("standard__is_example", "standard__code", "-effective_from")
        self.fields["version"].choices = [(str(row.pk), str(row)) for row in rows]
        self.fields["year"].choices = [(year, f"{year} 年") for year in years]


def rescore(request: HttpRequest) -> HttpResponse:
    """Score a year's sheets under another version, side by side, as a job that leaves a workbook."""
    ledger = get("assessments")
    if not ledger.may_view(request.user):
        raise PermissionDenied(f"您的角色不能查看“{ledger.label}”。")
    seen = Assessment.objects.visible_to(request.user).order_by().values_list("year", flat=True).distinct()
    years = sorted({*seen, timezone.localdate().year}, reverse=True)
    form = RescoreForm(request.POST or None, years=years)
    if form.is_valid():
        asked = form.cleaned_data | {"version": int(form.cleaned_data["version"])}
        key = ":".join(str(part) for part in (request.user.pk, *asked.values()))
        run = enqueue("rescore", asked, user=request.user, key=key)
        messages.success(request, "已开始试算，可以离开本页；原考核不受影响。")
        return redirect(get("jobs").record_url(run.pk))
    return render(
        request,
        "assessments/rescore.html",
        {"ledger": ledger, "form": form, "links": {"back": ledger.url}},
        status=400 if form.errors else 200,
    )
