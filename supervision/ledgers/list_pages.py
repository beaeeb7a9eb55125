"""A ledger's list: filtered, sorted, paged, printed, acted on in batches, and picked from."""

from __future__ import annotations

import re
import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.paginator import Paginator
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views import View

from supervision.flows import perform
from supervision.flows.errors import FlowError
from supervision.people.scope import Scoped

from . import rows as drawing
from .columns import Column
from .fields import limited
from .filters import filterset_for
from .ledger import Ledger
from .models import ColumnChoice
from .natural import has_text, pool, text_of
from .pages import LedgerPage, safe_next
from .registry import ledger_for

PAGE_SIZES = (10, 20, 50)
PRINT_LIMIT = 2000


def shown_columns(ledger: Ledger, user: Any) -> tuple[list[Column], list[dict]]:
    """The columns this reader wants, and the box to choose them in."""
    choice = ColumnChoice.objects.visible_to(user).filter(ledger=ledger.slug).first()
    keys = set(choice.keys) if choice else {column.key for column in ledger.columns if column.listed}
    keys |= {column.key for column in ledger.columns if column.frozen}
    chooser = [
        {"key": c.key, "label": c.label, "shown": c.key in keys, "locked": c.frozen} for c in ledger.columns
    ]
    return [column for column in ledger.columns if column.key in keys], chooser


def order(ledger: Ledger, queryset: models.QuerySet, sort: str) -> models.QuerySet:
    """Sorted by a column's key ("-" before it: descending), else as the ledger is by default."""
    key = sort.lstrip("-")
    column = next((c for c in ledger.columns if c.key == key and c.sortable), None)
    if column is None:
        return queryset.order_by(*ledger.ordering)
    path = column.source.replace(".", "__") if column.source else column.key
    if isinstance(column.model_field, models.ForeignKey):
        target = column.model_field.related_model
        path = f"{path}__{getattr(target, 'natural', ('name',))[0].replace('.', '__')}"
    return queryset.order_by(f"-{path}" if sort.startswith("-") else path, "-pk")


def filtered(ledger: Ledger, request: HttpRequest) -> tuple[Any, models.QuerySet]:
    """The bound FilterSet of the request and the records it leaves; a bad filter leaves none and says why."""
    filterset = filterset_for(ledger)(request.GET, queryset=ledger.queryset(request.user), request=request)
    queryset = filterset.qs if filterset.is_valid() else filterset.queryset.none()
    return filterset, order(ledger, queryset, request.GET.get("sort", ""))


def chips(filterset: Any, request: HttpRequest) -> list[dict]:
    """The conditions in force, each with the address of the list without it."""
    made = []
    for name, value in request.GET.lists():
        base = name.removesuffix("_after").removesuffix("_before").removesuffix("_min").removesuffix("_max")
        field = filterset.form.fields.get(base)
        values = [item for item in value if item]
        if field is None or not values:
            continue
        labels = {str(key): str(label) for key, label in getattr(field, "choices", ()) or ()}
        words = "、".join(labels.get(item, item) for item in values)
        words = {"true": "是", "false": "否"}.get(words, words)
        if name != base:
            words = ("自 " if name.endswith(("_after", "_min")) else "至 ") + words
        rest = request.GET.copy()
        rest.pop(name)
        rest.pop("page", None)
        made.append({"label": field.label, "value": words, "remove_url": f"?{rest.urlencode()}"})
    return made


def page_links(page: Any, request: HttpRequest) -> list[dict]:
    links = []
    for number in page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1):
        if number == page.paginator.ELLIPSIS:
            links.append({"number": None})
            continue
        query = request.GET.copy()
        query["page"] = number
        links.append({"number": number, "url": f"?{query.urlencode()}", "current": number == page.number})
    return links


class ListPage(LedgerPage):
    def get(self, request: HttpRequest) -> HttpResponse:
        ledger = self.ledger
        filterset, queryset = filtered(ledger, request)
        size = next((s for s in PAGE_SIZES if str(s) == request.GET.get("page_size")), 20)
        page = Paginator(queryset, size).get_page(request.GET.get("page"))
        columns, chooser = shown_columns(ledger, request.user)
        page.object_list = drawing.rows(ledger, page.object_list, columns, page.start_index())
        conditions = chips(filterset, request)
        query = request.GET.urlencode()
        importer = ledger.importable and ledger.may_create(request.user)
        return render(
            request,
            "ledgers/list.html",
            self.context(
                page=page,
                columns=drawing.heads(columns, request.GET.get("sort", ""), request.GET),
                filter_form=filterset.form,
                search_query=request.GET.get("q", ""),
                filter_chips=conditions,
                total=page.paginator.count,
                page_sizes=PAGE_SIZES,
                page_size=size,
                page_links=page_links(page, request),
                chooser=chooser,
                empty_reason=self.empty_reason(filterset, conditions),
                batch_transitions=self.batch_transitions(),
                extra_templates=ledger.list_templates,
                links={
                    "new": self.link("new") if ledger.may_create(request.user) else "",
                    "export": f"{self.link('export')}?{query}" if ledger.exportable else "",
                    "template": self.link("template") if importer else "",
                    "import": self.link("import") if importer else "",
                    "print": f"{self.link('print')}?{query}",
                    "columns": self.link("columns"),
                    "batch": self.link("batch"),
                    "clear": self.link("list"),
                },
            ),
        )

    def batch_transitions(self) -> list:
        flow = self.ledger.flow
        if not flow:
            return []
        return [flow.by_name[n] for n in self.ledger.batch if flow.by_name[n].roles & self.request.user.roles]

    @staticmethod
    def empty_reason(filterset: Any, conditions: list[dict]) -> str:
        if not filterset.form.is_valid():
            return "筛选条件有误：" + "；".join(str(e[0]) for e in filterset.form.errors.values())
        if conditions:
            words = "、".join(f"{c['label']}“{c['value']}”" for c in conditions)
            return f"没有同时符合这些条件的记录：{words}。"
        return "还没有您可以查看的记录。"


class ColumnsPage(LedgerPage):
    """Remember which columns a reader wants."""

    def post(self, request: HttpRequest) -> HttpResponse:
        known = [column.key for column in self.ledger.columns]
        if request.POST.get("reset"):
            ColumnChoice.objects.filter(user=request.user, ledger=self.ledger.slug).delete()
        else:
            chosen = [key for key in known if key in request.POST.getlist("columns")]
            ColumnChoice.objects.update_or_create(
                user=request.user, ledger=self.ledger.slug, defaults={"keys": chosen}
            )
        return redirect(safe_next(request, self.ledger.url))


class PrintPage(LedgerPage):
    def get(self, request: HttpRequest) -> HttpResponse:
        _, queryset = filtered(self.ledger, request)
        columns, _ = shown_columns(self.ledger, request.user)
        total = queryset.count()
        return render(
            request,
            "ledgers/print.html",
            self.context(
                columns=drawing.heads(columns),
                rows=drawing.rows(self.ledger, queryset[:PRINT_LIMIT], columns),
                total=total,
                cut=total > PRINT_LIMIT,
                limit=PRINT_LIMIT,
                links={"back": f"{self.ledger.url}?{request.GET.urlencode()}"},
            ),
        )


class BatchPage(LedgerPage):
    """One transition on several chosen records; each stands for itself, and what failed is named."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        name = request.POST.get("transition", "")
        if name not in self.ledger.batch:
            raise Http404
        ids = [
            int(value) for value in request.POST.getlist("ids")[:200] if re.fullmatch("[0-9]{1,18}", value)
        ]
        done, failed = 0, []
        actor = self.actor.in_batch(uuid.uuid4().hex)
        for record in self.ledger.queryset(request.user).filter(pk__in=ids):
            try:
                perform.perform(record, name, actor, {})
                done += 1
            except ValidationError as error:
                failed.append(f"{record}：{error.messages[0]}")
            except FlowError as error:
                failed.append(f"{record}：{error.message}")
        if done:
            messages.success(request, f"已办理 {done} 条。")
        for text in failed:
            messages.error(request, text)
        return redirect(safe_next(request, self.ledger.url))


class PickPage(LoginRequiredMixin, View):
    """Suggestions for a record field: what the person sees and what contains the typed words."""

    def get(self, request: HttpRequest, label: str) -> HttpResponse:
        from django.apps import apps

        try:
            model = apps.get_model(label)
        except (LookupError, ValueError):
            raise Http404 from None
        if not issubclass(model, Scoped) or not has_text(model):
            raise Http404
        try:
            limit = self.limit(model, request.GET.get("of", ""))
        except (LookupError, ValueError, FieldDoesNotExist):
            raise Http404 from None
        rows = pool(model).filter(limit).visible_to(request.user)
        queryset = rows.select_related(*getattr(model, "text_joins", ()))
        words = next((value for key, value in request.GET.items() if key not in ("page", "of")), "")
        ledger = ledger_for(model)
        if ledger and not ledger.may_view(request.user):
            raise Http404
        if ledger:
            queryset = filterset_for(ledger)({"q": words}, queryset=queryset, request=request).qs
            queryset = order(ledger, queryset, "")
        else:
            queryset = queryset.filter(name__icontains=words.replace("\x00", ""))
        return render(request, "ledgers/pick.html", {"texts": [text_of(record) for record in queryset[:20]]})

    @staticmethod
    def limit(model: type[models.Model], of: str) -> models.Q:
        """Which records of `model` the foreign key `of` (app.model.field) takes; all where none is named."""
        from django.apps import apps

        if not of:
            return models.Q()
        label, _, name = of.rpartition(".")
        field = apps.get_model(label)._meta.get_field(name)
        if field.related_model is not model:
            raise LookupError(of)
        return limited(field)[0]
