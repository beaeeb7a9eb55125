"""The tree of a section, making it from a template, counting it anew, and the figures."""

from __future__ import annotations

from datetime import date

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from projects.models import Section
from supervision.flows.history import Actor
from supervision.jobs.services import enqueue
from supervision.ledgers.list_pages import page_links
from supervision.ledgers.registry import get
from supervision.ledgers.sheet_pages import job_url
from supervision.people.models import AUTHORITY_ROLES, User
from supervision.rules.numbers import parse_date, whole_number
from supervision.rules.shipped import rule

from ..models.division import Division, Works
from . import rolling, statistics, templates

PAGE = 50


class TemplateForm(forms.Form):
    """A 单位工程 to be made from the template of its type."""

    works = forms.ChoiceField(label="工程类别", choices=[("", "---------"), *Works.choices])
    code = forms.CharField(label="编号", max_length=30, help_text="如 QL-01；下级编号由此顺延")
    name = forms.CharField(label="名称", max_length=120)


def section_for(request: HttpRequest, pk: int) -> Section:
    if not get("divisions").may_view(request.user):
        raise PermissionDenied("您的角色不能查看分部分项。")
    return get_object_or_404(Section.objects.visible_to(request.user).select_related("project"), pk=pk)


def may_divide(section: Section, user: User) -> bool:
    """Whether the person may add nodes to this very section."""
    ledger = get("divisions")
    if not ledger.may_create(user):
        return False
    mine = user.roles & ledger.create_roles
    return Section.objects.visible_to(user, mine).filter(pk=section.pk).exists()


@require_safe
def tree(request: HttpRequest, pk: int) -> HttpResponse:
    """One level of a section's tree, with what stands at each node; ?node= goes down."""
    return _tree(request, section_for(request, pk), TemplateForm())


def _tree(request: HttpRequest, section: Section, form: TemplateForm, status: int = 200) -> HttpResponse:
    nodes = Division.objects.filter(section=section).select_related("standing")
    given = whole_number(request.GET.get("node"))
    node = get_object_or_404(nodes, pk=given) if given is not None else None
    above = []
    if node is not None:
        by_pk = {one.pk: one for one in nodes.filter(pk__in=node.above())}
        above = [by_pk[one] for one in node.above()]
    page = Paginator(nodes.filter(parent=node).order_by("code"), PAGE).get_page(request.GET.get("page"))
    may_add = may_divide(section, request.user)
    context = {
        "section": section,
        "node": node,
        "above": above,
        "page": page,
        "total": page.paginator.count,
        "page_links": page_links(page, request),
        "form": form if may_add and node is None else None,
        "may_add": may_add,
        "may_roll": may_add or bool(request.user.roles & AUTHORITY_ROLES),
        "template_rule": rule(rolling.TEMPLATES),
    }
    return render(request, "quality/tree.html", context, status=status)


@require_POST
def from_template(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a 单位工程 with all its parts and items."""
    section = section_for(request, pk)
    if not may_divide(section, request.user):
        raise PermissionDenied("您不能在该标段划分分部分项。")
    form = TemplateForm(request.POST)
    if form.is_valid():
        try:
            made = templates.lay_out(section, **form.cleaned_data, actor=Actor.of(request.user, "page"))
        except ValidationError as error:
            for name, texts in error.message_dict.items():
                form.add_error(name if name in form.fields else None, texts)
        else:
            messages.success(request, f"已按模板生成 {len(made)} 项，请按批准的划分文件增删。")
            return redirect(f"{reverse('division_tree', args=[pk])}?node={made[0].pk}")
    return _tree(request, section, form, status=400)


@require_POST
def roll_up(request: HttpRequest, pk: int) -> HttpResponse:
    """Count the section anew, as a job with its progress."""
    section = section_for(request, pk)
    if not (may_divide(section, request.user) or request.user.roles & AUTHORITY_ROLES):
        raise PermissionDenied("您的角色不能重新汇总。")
    run = enqueue(
        "roll_up_divisions",
        {"section": section.pk},
        request.user,
        key=f"section:{section.pk}:{request.user.pk}",
        label=f"汇总{section}评定结果"[:200],
    )
    messages.info(request, "正在后台逐级汇总，完成后可返回划分页查看。")
    return redirect(job_url(run))


class PeriodForm(forms.Form):
    """A period of whole days, this year's so far unless given."""

    first = forms.CharField(required=False)
    last = forms.CharField(required=False)

    def clean(self):
        data, today = super().clean(), timezone.localdate()
        fallback = {"first": date(today.year, 1, 1), "last": today}
        for name, day in fallback.items():
            try:
                data[name] = parse_date(data[name]) if data.get(name) else day
            except ValueError as error:
                self.add_error(name, str(error))
                data[name] = day
        if data["first"] > data["last"]:
            self.add_error("last", "止于的日期早于起始日期。")
        return data


@require_safe
def figures(request: HttpRequest) -> HttpResponse:
    """合格率 by district, unit, section or month."""
    if not get("evaluations").may_view(request.user):
        raise PermissionDenied("您的角色不能查看质量评定。")
    form = PeriodForm({name: request.GET.get(name, "") for name in ("first", "last")})
    by = request.GET.get("by", "")
    by = by if by in statistics.BREAKDOWNS else "district"
    form.is_valid()
    period = {name: form.cleaned_data[name] for name in ("first", "last")}
    context = {
        "table": statistics.table(request.user, **period, by=by),
        "columns": statistics.COLUMNS,
        "breakdowns": {code: label for code, (label, _) in statistics.BREAKDOWNS.items()},
        "by": by,
        "today": timezone.localdate(),
        "errors": [text for texts in form.errors.values() for text in texts],
        **period,
    }
    return render(request, "quality/figures.html", context, status=400 if form.errors else 200)
