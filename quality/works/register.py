"""The register of responsibility as a sheet for signature, and the page of missing posts."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from projects.assessments.workbooks import Book
from projects.models import Project, Section
from projects.models.section import SectionKind
from supervision.ledgers.registry import get
from supervision.rules.numbers import date_cn, whole_number
from supervision.rules.shipped import rule

from ..models.responsibility import REGISTER
from .posts import gaps_of, register_of

PER_PAGE = 20


def may_view(request: HttpRequest) -> None:
    if not get("quality-persons").may_view(request.user):
        raise PermissionDenied("您的角色不能查看质量责任登记。")


@require_safe
def missing(request: HttpRequest) -> HttpResponse:
    """Sections under construction with the posts that are missing or whose holder has left; ?project= narrows."""
    may_view(request)
    today = timezone.localdate()
    rows = Section.objects.visible_to(request.user).filter(
        kind=SectionKind.CONSTRUCTION, end_on__isnull=True, project__merged_into__isnull=True
    )
    project = None
    if (given := whole_number(request.GET.get("project"))) is not None:
        project = get_object_or_404(Project.objects.works().visible_to(request.user), pk=given)
        rows = rows.filter(project=project)
    rows = rows.select_related("project").order_by("project__name", "code", "pk")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "lines": gaps_of(page.object_list, today),
        "project": project,
        "today": today,
        "rules": rule(REGISTER),
    }
    return render(request, "quality/missing_posts.html", context)


@require_safe
def sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """The register of a project as a workbook, A4 landscape, with lines to sign."""
    may_view(request)
    project = get_object_or_404(Project.objects.works().visible_to(request.user), pk=pk)
    name = f"{project.name}质量责任登记表_{timezone.localdate():%Y%m%d}.xlsx"
    return FileResponse(book_of(project, request.user), as_attachment=True, filename=name)


def book_of(project: Project, user) -> BytesIO:
    """Units and persons in force and former ones with their terms; nobody is left out for having gone."""
    units, persons = register_of(project, user)
    book = Book()
    today = date_cn(timezone.localdate())
    line = f"项目名称：{project.name}　　建设单位：{project.owner or ''}　　填表日期：{today}"
    page = book.sheet("责任单位", "工程质量责任登记表（单位）", line, [6, 12, 8, 26, 12, 20, 34, 12, 12, 20])
    book.heads(
        page,
        [
            ("序号", []),
            ("标段", []),
            ("主体", []),
            ("责任单位", ["单位名称", "法定代表人", "资质证书编号", "质量责任内容"]),
            ("责任期间", ["起", "止"]),
            ("变更原因", []),
        ],
    )
    for number, unit in enumerate(units, 1):
        facts = (unit.organization, unit.legal_representative, unit.certificate, unit.duties)
        book.write(page, cells(number, unit, *facts))
    book.sign(page, ("填表人", "建设单位负责人", "审核人"))
    page = book.sheet(
        "责任人", "工程质量责任登记表（责任人）", line, [6, 12, 8, 26, 14, 10, 12, 20, 30, 12, 12, 20]
    )
    book.heads(
        page,
        [
            ("序号", []),
            ("标段", []),
            ("主体", []),
            ("责任人", ["单位名称", "岗位", "姓名", "职称", "执业资格证书编号", "质量责任内容"]),
            ("责任期间", ["起", "止"]),
            ("变更原因", []),
        ],
    )
    for number, person in enumerate(persons, 1):
        facts = (person.organization, person.post, person.name, person.title, person.certificate)
        book.write(page, cells(number, person, *facts, person.duties))
    book.across(page, "责任人在设计使用年限内承担相应的质量终身责任，工作调动、退休后仍应负责。")
    book.sign(page, ("填表人", "建设单位负责人", "审核人"))
    return book.close()


def cells(number: int, row: Any, *facts: Any) -> tuple[str, ...]:
    """One line of either sheet as texts."""
    term = (row.since.isoformat(), row.until.isoformat() if row.until else "")
    where = row.section.code if row.section_id else "项目"
    return tuple(
        str(cell) for cell in (number, where, row.get_capacity_display(), *facts, *term, row.change_reason)
    )
