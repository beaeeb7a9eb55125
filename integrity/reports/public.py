"""Reporting without an account, and reading the answer by code.

Whoever is signed in reports as nobody, too: neither account, nor address, nor session is kept with a report. The
code is sent in a form's body, because addresses end up in the logs of servers and proxies.

Nothing is counted by address. Colleagues share one, and a limit would tell them that somebody was here before, or
let one of them keep the others from reporting. What is asked of everybody instead is work, before anything is done.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from supervision.flows import records
from supervision.flows.errors import FlowError
from supervision.flows.history import Actor
from supervision.papers import services as papers
from supervision.papers.photos import redrawn
from supervision.people.visitors import proof
from supervision.people.visitors.codes import cleaned, grouped, new_code

from ..models import ConductReport
from ..models.reporting import CODE_LENGTH, key_of
from .forms import CodeForm, ConductReportForm

UNSAVED = "举报没有提交，也没有受理码：照片未能保存（{}）请稍后再试，或先不附照片提交。"
KIND = "举报材料"
FACTS = ("unit_name", "person_name", "project_name", "content", "reporter_name", "reporter_phone")


@dataclass(frozen=True)
class Reporter(Actor):
    """Whoever reports, as the history names them."""

    @property
    def name(self) -> str:
        return "举报人"


NOBODY = Reporter(None, "page")


def worked(request: HttpRequest) -> bool:
    """Whether the form comes with work that was not used before."""
    return proof.take(request.POST.get("challenge", ""), request.POST.get("proof", ""))


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest) -> HttpResponse:
    """Anybody's report about conduct: acknowledged by a code that is shown once and kept by nobody else."""
    if request.method != "POST":
        return _page(request, ConductReportForm(initial={"challenge": proof.challenge()}))
    done = worked(request)
    # Without work no photo is looked into.
    form = ConductReportForm(request.POST, request.FILES if done else None, worked=done)
    if form.is_valid():
        try:
            code = take(form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, UNSAVED.format("".join(error.messages)))
        except FlowError as error:
            form.add_error(None, UNSAVED.format(error.message))
        else:
            return render(request, "integrity/reported.html", {"code": grouped(code)})
    return _page(request, again(form), 400)


def again(form):
    """A form that was sent, to be sent once more: what was typed stays, the challenge is a new one."""
    form.data = form.data.copy()
    form.data["challenge"], form.data["proof"] = proof.challenge(), ""
    return form


def _page(request: HttpRequest, form: ConductReportForm, status: int = 200) -> HttpResponse:
    return render(request, "integrity/report.html", {"form": form, "bits": proof.BITS}, status=status)


def take(data: dict) -> str:
    """File a report with its photos in nobody's name, all of it or nothing; returns the code.

    Raises ValidationError or FlowError when a photo is not taken or cannot be stored.
    """
    code = new_code(CODE_LENGTH)
    # A photo's own file may tell whose it is: place and device inside it, and what it is called.
    photos = [
        papers.receive(redrawn(photo, f"{KIND}{number}")) for number, photo in enumerate(data["photos"], 1)
    ]
    facts = {name: data[name] for name in FACTS}
    with transaction.atomic():
        made = records.create(ConductReport(code_key=key_of(code), **facts), NOBODY, label="网上举报")
        for photo in photos:
            papers.put(made, photo, KIND, NOBODY)
    return code


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def status(request: HttpRequest) -> HttpResponse:
    """What became of a report, for whoever holds its code."""
    found, asked = None, False
    if request.method != "POST":
        form = CodeForm(initial={"challenge": proof.challenge()})
    else:
        form = CodeForm(request.POST, worked=worked(request))
        if form.is_valid():
            asked = True
            code = cleaned(form.cleaned_data["code"], CODE_LENGTH)
            # The same work whether the code is one or not.
            key = key_of(code or "0" * CODE_LENGTH)
            found = ConductReport._base_manager.filter(code_key=key).first() if code else None
        again(form)
    context = {
        "form": form,
        "bits": proof.BITS,
        "report": found,
        "asked": asked,
        "told": found and bool(found.informed_on),
    }
    return render(
        request, "integrity/report_status.html", context, status=400 if form.is_bound and form.errors else 200
    )
