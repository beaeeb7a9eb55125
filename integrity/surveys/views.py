"""The pages of questionnaires: the sheet behind the QR code, its poster, a look before opening, the results."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from supervision.ledgers.registry import get
from supervision.papers.documents.qr import qr_svg
from supervision.people.visitors import proof
from supervision.people.visitors.codes import cleaned
from supervision.people.visitors.limits import spend, whence
from supervision.rules.shipped import rule

from ..models import Survey
from ..models.survey import SURVEYS, TOKEN_LENGTH
from .answering import AnswerForm, take
from .results import results as count

HOUR = 3600
COOKIE = "answered"
OVER = "问卷已经结束，谢谢关注。"


def refused(request: HttpRequest, reason: str, status: int) -> HttpResponse:
    return render(request, "safety/refused.html", {"reason": reason}, status=status)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """One sheet, without a name. A browser that answered is asked no second time; nothing else is kept."""
    if not spend("survey-look", whence(request), 300, HOUR):
        return refused(request, "操作过于频繁，请稍后再试。", 429)
    survey = Survey._base_manager.filter(token=cleaned(token, TOKEN_LENGTH) or "-").first()
    if survey is None or survey.status == "draft":
        raise Http404
    if not survey.takes_answers:
        return refused(request, OVER, 410)
    cookie = f"{COOKIE}-{survey.pk}"
    if request.COOKIES.get(cookie):
        return render(request, "integrity/answered.html", {"survey": survey, "again": True})
    questions = list(survey.questions.order_by("order", "pk"))
    if request.method != "POST":
        form = AnswerForm(survey=survey, questions=questions, initial={"challenge": proof.challenge()})
        return _sheet(request, survey, form)
    if not spend(f"survey-{survey.pk}", whence(request), 200, HOUR):
        return refused(request, "操作过于频繁，请稍后再试。", 429)
    form = AnswerForm(request.POST, survey=survey, questions=questions)
    if not form.is_valid():
        form.data = form.data.copy()
        form.data["challenge"], form.data["proof"] = proof.challenge(), ""
        return _sheet(request, survey, form, 400)
    if not take(survey, questions, form.cleaned_data):
        return refused(request, OVER, 410)
    response = render(request, "integrity/answered.html", {"survey": survey, "again": False})
    response.set_cookie(
        cookie, "1", max_age=90 * 24 * HOUR, httponly=True, samesite="Lax", secure=request.is_secure()
    )
    return response


def _sheet(request: HttpRequest, survey: Survey, form: AnswerForm, status: int = 200) -> HttpResponse:
    context = {"survey": survey, "form": form, "bits": proof.BITS}
    return render(request, "integrity/survey.html", context, status=status)


def of_reader(request: HttpRequest, pk: int) -> Survey:
    if not get("surveys").may_view(request.user):
        raise PermissionDenied("您的角色不能查看“不记名问卷”。")
    return get_object_or_404(Survey.objects.visible_to(request.user), pk=pk)


@require_safe
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """The sheet as it will look; nothing can be sent from here."""
    survey = of_reader(request, pk)
    questions = list(survey.questions.order_by("order", "pk"))
    form = AnswerForm(survey=survey, questions=questions, checked=False)
    return render(request, "integrity/survey.html", {"survey": survey, "form": form, "preview": True})


@require_safe
def poster(request: HttpRequest, pk: int) -> HttpResponse:
    """The QR code to be printed and put up."""
    survey = of_reader(request, pk)
    if not survey.takes_answers:
        raise Http404
    url = request.build_absolute_uri(reverse("survey_answer", args=[survey.token]))
    # Drawn by us from an address of ours.
    context = {"survey": survey, "url": url, "code": mark_safe(qr_svg(url))}
    return render(request, "integrity/poster.html", context)


@require_safe
def results(request: HttpRequest, pk: int) -> HttpResponse:
    """The results, once no more answers come: two looks at a running count would tell one sheet from the next."""
    survey = of_reader(request, pk)
    if not survey.over:
        raise Http404
    rules = rule(SURVEYS)
    least = rules.content["least"]
    sheets, counted = count(survey, least)
    context = {"survey": survey, "sheets": sheets, "counted": counted, "least": least, "rules": rules}
    return render(request, "integrity/survey_results.html", context)
