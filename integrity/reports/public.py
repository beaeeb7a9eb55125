"""Reporting without an account, and reading the answer by code.

Whoever is signed in reports as nobody, too: neither account, nor address, nor session is kept with a report. The
code is sent in a form's body, because addresses end up in the logs of servers and proxies.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from supervision.flows import records
from supervision.flows.history import Actor
from supervision.papers import services as papers
from supervision.people.visitors import proof
from supervision.people.visitors.codes import cleaned, new_code
from supervision.people.visitors.limits import spend, whence

from ..models import ConductReport
from ..models.reporting import CODE_LENGTH, key_of
from .forms import CodeForm, ConductReportForm

HOUR = 3600
TOO_OFTEN = "操作过于频繁，请稍后再试。"
FACTS = ("unit_name", "person_name", "project_name", "content", "reporter_name", "reporter_phone")


@dataclass(frozen=True)
class Reporter(Actor):
    """Whoever reports, as the history names them."""

    @property
    def name(self) -> str:
        return "举报人"


NOBODY = Reporter(None, "page")


def refused(request: HttpRequest) -> HttpResponse:
    return render(request, "safety/refused.html", {"reason": TOO_OFTEN}, status=429)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest) -> HttpResponse:
    """Anybody's report about conduct: acknowledged by a code that is shown once and kept by nobody else."""
    if request.method != "POST":
        return _page(request, ConductReportForm(initial={"challenge": proof.challenge()}))
    if not spend("conduct-try", whence(request), 60, HOUR):
        return refused(request)
    form = ConductReportForm(request.POST, request.FILES)
    if not form.is_valid():
        # The challenge may be spent or stale; what was typed stays.
        form.data = form.data.copy()
        form.data["challenge"], form.data["proof"] = proof.challenge(), ""
        return _page(request, form, 400)
    # A whole site may stand behind one address: the limit is wide, so that nobody learns from it who was before.
    if not spend("conduct-report", whence(request), 30, HOUR):
        return refused(request)
    code = take(form.cleaned_data)
    return render(request, "integrity/reported.html", {"code": shown(code)})


def _page(request: HttpRequest, form: ConductReportForm, status: int = 200) -> HttpResponse:
    return render(request, "integrity/report.html", {"form": form, "bits": proof.BITS}, status=status)


def take(data: dict) -> str:
    """File a report and its photos in nobody's name; returns the code."""
    code = new_code(CODE_LENGTH)
    facts = {name: data[name] for name in FACTS}
    made = records.create(ConductReport(code_key=key_of(code), **facts), NOBODY, label="网上举报")
    for number, photo in enumerate(data["photos"], 1):
        # A file's own name may tell whose it is.
        photo.name = f"举报材料{number}.{photo.name.rpartition('.')[2][:5] or 'jpg'}"
        papers.attach(made, photo, "举报材料", NOBODY)
    return code


def shown(code: str) -> str:
    """A code in groups of four, as it is written down."""
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def status(request: HttpRequest) -> HttpResponse:
    """What became of a report, for whoever holds its code."""
    form = CodeForm(request.POST or None)
    found, asked = None, False
    if request.method == "POST":
        if not spend("conduct-status", whence(request), 30, HOUR):
            return refused(request)
        if form.is_valid():
            asked = True
            code = cleaned(form.cleaned_data["code"], CODE_LENGTH)
            # The same work whether the code is one or not.
            key = key_of(code or "0" * CODE_LENGTH)
            found = ConductReport._base_manager.filter(code_key=key).first() if code else None
    context = {"form": form, "report": found, "asked": asked, "told": found and bool(found.informed_on)}
    return render(request, "integrity/report_status.html", context)
