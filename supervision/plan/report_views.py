"""Pages of reports beside their ledger: making, typing, reading back, a figure's records, what differs."""

from __future__ import annotations

from django import forms
from django.apps import apps
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from supervision.flows.errors import FlowError
from supervision.flows.history import Actor
from supervision.ledgers import rows as drawing
from supervision.ledgers.list_pages import page_links
from supervision.ledgers.registry import get, ledger_for
from supervision.ledgers.sheet_pages import workbook
from supervision.ledgers.sheets import export
from supervision.papers.errors import StorageFailed
from supervision.rules.numbers import whole_number

from . import fact_pages, facts
from .facts import Place, Span
from .models import Report, ReportFigure, ReportKind, ReportTemplate
from .models.report import DRAFT, VOID, ReportHand
from .reports import binding, comparing, computing, placeholders, reading, services, showing, spans, templates
from .services import rows_of


def report_of(request: HttpRequest, pk: int) -> Report:
    """The report, if this person sees it."""
    if not get("work-reports").may_view(request.user):
        raise PermissionDenied("您的角色不能查看工作报告。")
    rows = Report.objects.visible_to(request.user).select_related("template", "district", "previous")
    return get_object_or_404(rows, pk=pk)


def attempt(request: HttpRequest, act, done: str, where: str) -> HttpResponse:
    """Do something to a report and say how it went."""
    try:
        act(Actor.of(request.user, "page"))
    except FlowError as error:
        messages.error(request, error.message)
    except ValidationError as error:
        for text in error.messages[:8]:
            messages.error(request, text)
    except StorageFailed as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)
    return redirect(where)


def to(report: Report) -> str:
    return get("work-reports").record_url(report.pk)


@require_safe
def begin(request: HttpRequest) -> HttpResponse:
    """For every template in use the span that has just ended: its report, or the form for it filled in."""
    ledger = get("work-reports")
    if not ledger.may_create(request.user):
        raise PermissionDenied("只有市局业务人员可以编制工作报告。")
    newest: dict[str, ReportTemplate] = {}
    for template in ReportTemplate.objects.filter(is_active=True, kind__in=spans.MONTHS).order_by("number"):
        newest[template.title] = template
    order = list(spans.MONTHS)
    chosen = sorted(newest.values(), key=lambda one: (order.index(one.kind), one.title))
    today, rows = timezone.localdate(), []
    there: dict[tuple, Report] = {}
    found = Report.objects.visible_to(request.user).filter(
        template__title__in=newest, district=None, sector=""
    )
    for report in found.exclude(status=VOID).select_related("template").order_by("pk"):
        there[report.template.title, report.first, report.last] = report
    for template in chosen:
        first, last = spans.ended(template.kind, today)
        report = there.get((template.title, first, last))
        query = urlencode({"template": template.pk, "first": first})
        rows.append(
            {
                "template": template,
                "label": spans.label(template.kind, first, last),
                "report": report,
                "url": to(report) if report else f"{reverse('work-reports:new')}?{query}",
            }
        )
    return render(request, "reports/begin.html", {"rows": rows})


@require_POST
def make(request: HttpRequest, pk: int) -> HttpResponse:
    """Order the making of a draft."""
    report = report_of(request, pk)
    return attempt(
        request,
        lambda actor: services.order_make(report, actor),
        "已开始取数，可以离开本页；完成后刷新即可看到文稿。",
        to(report),
    )


@require_POST
def write(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep the typed texts, and make the report anew with them."""
    report = report_of(request, pk)
    texts = {
        row["name"]: request.POST.get(row["field"], "").replace("\r\n", "\n")
        for row in showing.asked_of(report)
    }

    def act(actor: Actor) -> None:
        fresh = services.write_texts(report, texts, actor, request.POST.get("seen"))
        services.order_make(fresh, actor)

    return attempt(request, act, "已保存，正在重新生成文稿。", to(report))


@require_POST
def edited(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an edited Word file."""
    report, upload = report_of(request, pk), request.FILES.get("file")
    if upload is None:
        messages.error(request, "请选择修改后的 Word 文件。")
        return redirect(to(report))
    return attempt(
        request,
        lambda actor: services.take_edited(report, upload, actor, request.POST.get("seen")),
        "已读取修改稿，核校结果见本页。",
        to(report),
    )


@require_POST
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Make an issued report again after a correction."""
    report, made = report_of(request, pk), []
    if there := services.correction_of(report):
        messages.info(request, f"该报告已有一份更正（{there.status_label}），没有另建。")
        return redirect(to(there))

    def act(actor: Actor) -> None:
        made.append(services.again(report, actor))
        services.order_make(made[0], actor)

    answer = attempt(request, act, "已建立更正报告，正在取数。", to(report))
    # Of two at once the second finds the first one's.
    there = made[0] if made else services.correction_of(report)
    return redirect(to(there)) if there else answer


# ------------------------------------------------------------------------------------------------- a figure


def figure(request: HttpRequest, pk: int, ref: int) -> HttpResponse:
    """One figure of a report: how it was counted, and the very records."""
    report = report_of(request, pk)
    row = get_object_or_404(report.figures.select_related("counted", "other"), ref=ref)
    lists = {"counted": row.counted, "other": row.other}
    which = request.GET.get("list", "counted")
    kept = lists.get(which)
    if which not in lists or (kept is None and which == "other"):
        raise Http404
    context = {
        "report": report,
        "row": row,
        "kind": computing.KINDS.get(row.kind, ""),
        "meaning": meaning_of(row),
        "which": which,
        "now_url": now_url(row, report),
        "back": to(report),
        "may_type": bool(request.user.roles & templates.KEEPERS and report.status == DRAFT and report.word),
        "hand": ReportHand.objects.filter(report=report, key=row.key).first(),
        "changed": changed_text(report, row) if report.edited else "",
    }
    if kept is not None:
        ledger = ledger_for(apps.get_model(kept.unit))
        if ledger is None or not ledger.may_view(request.user):
            context["note"] = f"清单共{kept.count}条，您的角色不能查看该台账。"
        else:
            found = rows_of(kept).filter(pk__in=ledger.queryset(request.user).order_by().values("pk"))
            queryset = found.select_related(*ledger.joins).order_by(*ledger.ordering)
            if request.GET.get("format") == "xlsx":
                title = f"{report.title}[{row.ref}] {row.label}，数据截至{report.as_of}"
                return workbook(
                    f"figure-{report.pk}-{row.ref}.xlsx",
                    lambda path: export.write_records(path, ledger, queryset, title),
                )
            page = Paginator(queryset, 20).get_page(request.GET.get("page"))
            columns = [column for column in ledger.columns if column.listed]
            hidden = kept.count - page.paginator.count
            context |= {
                "rows": drawing.rows(ledger, page.object_list, columns, page.start_index()),
                "columns": drawing.heads(columns),
                "page": page,
                "total": page.paginator.count,
                "page_links": page_links(page, request),
                "note": f"清单共{kept.count}条，其中{hidden}条不在您的查看范围内或已删除。" if hidden else "",
            }
    context["tabs"] = [
        {"label": label, "count": one.count, "url": f"?list={name}", "active": name == which}
        for name, label, one in (
            ("counted", "所计记录", row.counted),
            ("other", row.other_label, row.other),
        )
        if one is not None
    ]
    return render(request, "reports/figure.html", context)


def meaning_of(row: ReportFigure) -> str:
    """How the thing is counted, in the words of its registry."""
    if known := facts.find(row.code):
        return known.meaning
    names = binding.Names.read()
    source, _, rest = row.key.partition(":")
    code = rest.split("#")[0]
    if source == "task":
        return "各承办单位该项任务的进度灯，按节点日期计算，与“任务进度”页相同；天数为本系统设定。"
    if source == "target" and (target := names.targets.get(code)):
        known = binding.indicators.find(target.indicator)
        rule = target.rule_label
        return "".join([known.meaning if known else "由人工跟踪。", f"（{rule}）" if rule else ""])
    if source == "indicator" and (known := names.indicators.get(code)):
        return known.meaning
    return "由编制人填报。"


def now_url(row: ReportFigure, report: Report) -> str:
    """The list of the same fact as the ledgers have it now, as of the report's day."""
    known = facts.find(row.code)
    if known is None or not row.first or "@unit=" in row.key or "@project=" in row.key:
        return ""
    if row.key.endswith(
        ("@district=", "@sector=")
    ):  # those that name no place: the list of all would be shown
        return ""
    place = Place(district=row.district, sector=row.sector or None)
    if not known.narrows(place):
        return ""
    whole = (row.first, row.last) == (report.first, report.last) or "@month=" in row.key
    return fact_pages.address(known, Span(row.first, row.last, report.as_of if whole else None), place)


def changed_text(report: Report, row: ReportFigure) -> str:
    """What an edited file says in the place of a figure; "" where it says the same."""
    try:
        found = reading.differences(services.content_of(report, report.word), {row.ref: row.text})
    except (placeholders.PlaceholderFault, StorageFailed):
        return ""
    return next((one.found or "" for one in found if one.ref == row.ref), "")


@require_POST
def type_over(request: HttpRequest, pk: int, ref: int) -> HttpResponse:
    """Type a figure by hand with a reason, or take the counted one back."""
    report = report_of(request, pk)
    # By its key: made again meanwhile, another figure may have the number.
    key = request.POST.get("key", "").replace("\0", "")
    row = get_object_or_404(report.figures, **({"key": key} if key else {"ref": ref}))
    value = "" if "restore" in request.POST else request.POST.get("value", "")
    if not value.strip() and "restore" not in request.POST:
        messages.error(request, "请填写数字。")
        return redirect("report_figure", pk, row.ref)
    return attempt(
        request,
        lambda actor: services.type_over(
            report, row.key, value, request.POST.get("reason", ""), actor, request.POST.get("seen")
        ),
        "已恢复为台账数。" if "restore" in request.POST else "已登记为人工填报，并在报告中标注。",
        reverse("report_figure", args=[pk, row.ref]),
    )


@require_safe
def picture(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """A chart of the file in force."""
    report = report_of(request, pk)
    try:
        found = reading.pictures(services.content_of(report, report.word))
    except (placeholders.PlaceholderFault, StorageFailed):
        raise Http404 from None
    if number >= len(found) or not found[number].startswith(b"\x89PNG"):
        raise Http404
    return HttpResponse(found[number], content_type="image/png")


@require_safe
def difference(request: HttpRequest, pk: int) -> HttpResponse:
    """A corrected report beside the one it corrects."""
    report = report_of(request, pk)
    if report.previous_id is None:
        raise Http404
    old = report_of(request, report.previous_id)
    changes = comparing.compare(old, report, request.user)
    return render(
        request,
        "reports/difference.html",
        {"report": report, "old": old, "changes": changes, "back": to(report), "old_url": to(old)},
    )


# ------------------------------------------------------------------------------------------------- templates


class TemplateForm(forms.Form):
    title = forms.CharField(label="模板名称", max_length=120, help_text="与已有模板同名的，成为它新的一版")
    kind = forms.ChoiceField(label="报告类别", choices=ReportKind.choices)
    file = forms.FileField(
        label="Word 文件", widget=forms.ClearableFileInput(attrs={"accept": ".docx"}), help_text="docx"
    )
    note = forms.CharField(label="修改说明", max_length=200, required=False)


def new_template(request: HttpRequest) -> HttpResponse:
    """Upload a template: a new one, or a new version of one."""
    if not request.user.roles & templates.KEEPERS:
        raise PermissionDenied("只有市局业务人员可以上传报告模板。")
    first = {}
    if (pk := whole_number(request.GET.get("of"))) is not None:
        of = get_object_or_404(ReportTemplate.objects.visible_to(request.user), pk=pk)
        first = {"title": of.title, "kind": of.kind}
    form = (
        TemplateForm(request.POST, request.FILES) if request.method == "POST" else TemplateForm(initial=first)
    )
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        try:
            made = templates.upload_template(
                given["title"], given["kind"], given["file"], Actor.of(request.user, "page"), given["note"]
            )
        except ValidationError as error:
            form.add_error("file", error.messages)
        except FlowError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, f"已保存为{made}，占位符均已识别。")
            return redirect(get("report-templates").record_url(made.pk))
    status = 400 if form.is_bound and form.errors else 200
    return render(request, "reports/template_new.html", {"form": form}, status=status)


MANUAL = (
    ("{{排查治理安全隐患|处}}", "台账数据，写名称或代码；计量单位须与该数据的一致，可以不写"),
    (
        "{{danger.found|同比}}",
        "与上年同期相比，另有：同比增减、上年同期、环比、环比增减、上期；基数为零的只写增减数",
    ),
    ("{{danger.found|县区=沭阳县|领域=公路}}", "某一县区、领域的数"),
    ("{{隐患整改率|率}}", "指标，另有：分子、分母、同比、环比；带参数的写 参数=值"),
    ("{{目标:PA-CITY-PASS|率}}", "执行中计划的目标，写代码或名称，另有：分子、分母、目标值、状态"),
    ("{{人工|培训人次|人次}}", "台账没有的数字，由编制人填报并写明理由，报告中标注“人工填报”"),
    ("{{报告|期间}}", "报告的：标题、期间、年度、单位、数据截至、期末（期间最后一天）、编制日期"),
    ("{{填写|存在的问题}}", "单独成段：在平台上填写的文字，其中也可以写占位符"),
    (
        "{{表格|县区|danger.found|danger.major}}",
        "单独成段：按县区、领域、单位、项目、月份分列的表，带合计；按月份的，比例和未销号等为月末数，不合计",
    ),
    ("{{图|月份|danger.found}}", "单独成段：同样的数画成图，图下附表"),
    ("{{清单|danger.open|20}}", "单独成段：所计的记录，最多列多少条"),
    ("{{目标表|平安工地}}　{{任务表}}", "单独成段：执行中计划的目标、任务（带进度灯），可以只列一类"),
    ("{{核对|test.done = test.passed + test.failed}}", "单独成段：必须成立的平衡关系，不印在纸上"),
)


@require_safe
def words(request: HttpRequest) -> HttpResponse:
    """Every name that a placeholder may use, with what it means."""
    if not get("report-templates").may_view(request.user):
        raise PermissionDenied("您的角色不能查看报告模板。")
    names = binding.Names.read()
    context = {
        "facts": facts.registered(),
        "indicators": binding.indicators.registered(),
        "targets": list({target.pk: target for target in names.targets.values()}.values()),
        "manual": MANUAL,
    }
    return render(request, "reports/words.html", context)
