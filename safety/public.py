"""Pages without an account: the site's reply by link, and reports by anybody."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from supervision.flows import history, records
from supervision.flows.errors import FlowError
from supervision.flows.history import Actor
from supervision.papers import services as papers
from supervision.people.models import District
from supervision.people.visitors import marks, proof
from supervision.people.visitors.codes import CODE_LETTERS
from supervision.people.visitors.limits import spend, whence

from . import links
from .forms import ReplyForm, ReportForm
from .links import BadLink, LinkActor
from .models import HiddenDanger, PublicReport

HOUR, DAY = 3600, 24 * 3600
TOO_OFTEN = "操作过于频繁，请稍后再试。"


def refused(request: HttpRequest, reason: str, status: int) -> HttpResponse:
    return render(request, "safety/refused.html", {"reason": reason}, status=status)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def reply(request: HttpRequest, token: str) -> HttpResponse:
    """What the link is about, and a box to say that it was put right; every use is in the record's history."""
    if not spend("reply-look", whence(request), 120, HOUR):
        return refused(request, TOO_OFTEN, 429)
    try:
        danger, unit = links.read(token)
    except BadLink as error:
        return refused(request, error.message, 410)
    actor = LinkActor(None, "page", unit=unit.name)
    if (reason := links.takes_reply(danger)) and request.method == "POST":
        return refused(request, reason, 403)
    form = ReplyForm(request.POST or None, request.FILES or None)
    if request.method != "POST":
        _note_opening(danger, actor, request)
    elif not spend("reply", f"{danger.pk}", 10, HOUR) or not spend("reply-from", whence(request), 30, HOUR):
        return refused(request, TOO_OFTEN, 429)
    elif form.is_valid():
        said = LinkActor(None, "page", given_name=form.cleaned_data["name"], unit=unit.name)
        try:
            take_reply(danger, form.cleaned_data["text"], form.cleaned_data["photos"], said)
        except FlowError as error:
            form.add_error(None, error.message)
        else:
            return render(request, "safety/replied.html", {"danger": danger})
    context = {"danger": danger, "unit": unit, "form": form, "reason": reason}
    return render(request, "safety/reply.html", context, status=400 if form.errors else 200)


def _note_opening(danger: HiddenDanger, actor: Actor, request: HttpRequest) -> None:
    """Opening is in the history too: once a day for each address, so that reloading does not fill it."""
    key = f"reply-opened:{danger.pk}:{danger.link_version}:{whence(request)}"
    if marks.once(key, DAY) and spend("reply-noted", f"{danger.pk}", 50, DAY):
        history.note(danger, actor, verb="open_link", label="打开回复链接")


def take_reply(danger: HiddenDanger, text: str, photos: list, actor: LinkActor) -> HiddenDanger:
    """Put a reply and its photos on the record; the supervisor is then waited for. Raises LostRace."""
    values = {"reply": text, "replied_on": timezone.localdate()}
    saved = records.update(danger, values, actor, verb="reply", label="现场回复", reason=text)
    for photo in photos:
        papers.attach(saved, photo, "整改照片", actor)
    return saved


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest) -> HttpResponse:
    """Anybody's report of a danger: acknowledged by a code."""
    if request.method != "POST":
        return _report_page(request, ReportForm(initial={"challenge": proof.challenge()}))
    if not spend("report-try", whence(request), 30, HOUR):
        return refused(request, TOO_OFTEN, 429)
    form = ReportForm(request.POST, request.FILES)
    if not form.is_valid():
        # The challenge may be spent or stale; what was typed stays.
        form.data = form.data.copy()
        form.data["challenge"], form.data["proof"] = proof.challenge(), ""
        return _report_page(request, form, 400)
    if not spend("report", whence(request), 5, HOUR):
        return refused(request, TOO_OFTEN, 429)
    made = take_report(form.cleaned_data)
    return render(request, "safety/reported.html", {"report": made})


def _report_page(request: HttpRequest, form: ReportForm, status: int = 200) -> HttpResponse:
    form.fields["district"].queryset = District.objects.all()
    context = {"form": form, "bits": proof.BITS}
    return render(request, "safety/report.html", context, status=status)


def take_report(data: dict) -> PublicReport:
    """File a report and its photos in the name of an unknown person."""
    actor = LinkActor(None, "page", given_name="群众")
    facts = {name: data[name] for name in ("place", "description", "district", "phone")}
    made = records.create(PublicReport(**facts), actor, label="群众举报")
    for photo in data["photos"]:
        papers.attach(made, photo, "举报照片", actor)
    return made


@login_not_required
@never_cache
@require_safe
def report_status(request: HttpRequest) -> HttpResponse:
    """What became of a report, for whoever holds its code."""
    code = request.GET.get("code", "").strip().upper()
    found, asked = None, bool(code)
    if asked:
        if not spend("report-status", whence(request), 20, HOUR):
            return refused(request, TOO_OFTEN, 429)
        if len(code) == 8 and set(code) <= set(CODE_LETTERS):
            found = PublicReport.objects.select_related("danger").filter(code=code).first()
    return render(request, "safety/report_status.html", {"code": code[:12], "asked": asked, "report": found})
