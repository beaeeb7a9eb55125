"""The addresses of all ledgers, made from the registry when the portal starts."""

from __future__ import annotations

from django.urls import Resolver404, URLResolver, include, path
from django.urls.resolvers import RoutePattern

from . import form_pages, list_pages, pages, record_pages
from .api import api_urls
from .ledger import Ledger
from .registry import all_ledgers


class BySlug(URLResolver):
    """Addresses below /<slug>/ of every ledger: the slug is looked up, not compared with hundreds of others."""

    def __init__(self, below: dict[str, URLResolver]):
        super().__init__(RoutePattern("", is_endpoint=False), list(below.values()))
        # Each as the only one of a resolver, which puts the parts of the address together as Django does.
        self.alone = {
            slug: URLResolver(RoutePattern("", is_endpoint=False), [one]) for slug, one in below.items()
        }

    def resolve(self, path: str):
        slug = str(path).partition("/")[0]
        if slug not in self.alone:
            raise Resolver404({"tried": [], "path": path})
        return self.alone[slug].resolve(path)


def page_urls(ledger: Ledger) -> list:
    """The pages of one ledger, below /<slug>/."""

    def view(page: type[pages.LedgerPage]):
        return page.as_view(ledger=ledger)

    urls = [
        path("", view(list_pages.ListPage), name="list"),
        path("print/", view(list_pages.PrintPage), name="print"),
        path("columns/", view(list_pages.ColumnsPage), name="columns"),
        path("batch/", view(list_pages.BatchPage), name="batch"),
        path("new/", view(form_pages.FormPage), name="new"),
        path("<int:pk>/", view(record_pages.DetailPage), name="detail"),
        path("<int:pk>/edit/", view(form_pages.FormPage), name="edit"),
        path("<int:pk>/history/", view(record_pages.HistoryPage), name="history"),
        path("<int:pk>/attach/", view(record_pages.AttachPage), name="attach"),
        path("<int:pk>/attachments/<int:attachment>/void/", view(record_pages.VoidPage), name="void"),
        path("<int:pk>/do/<slug:name>/", view(form_pages.TransitionPage), name="do"),
    ]
    from . import sheet_pages

    urls += [
        path("export/", view(sheet_pages.ExportPage), name="export"),
        path("template/", view(sheet_pages.TemplatePage), name="template"),
        path("import/", view(sheet_pages.ImportPage), name="import"),
        path("import/<int:batch>/", view(sheet_pages.BatchPage), name="import_batch"),
        path("import/<int:batch>/<slug:act>/", view(sheet_pages.BatchActPage), name="import_act"),
    ]
    return urls


def ledger_urls() -> list:
    """Pages of every ledger, and the pick list they share."""
    below = {
        ledger.slug: path(f"{ledger.slug}/", include((page_urls(ledger), ledger.slug)))
        for ledger in all_ledgers()
    }
    return [path("pick/<str:label>/", list_pages.PickPage.as_view(), name="pick"), BySlug(below)]


def ledger_api_urls() -> list:
    """API addresses of every ledger, to be placed below /api/."""
    return [
        BySlug({ledger.slug: path(f"{ledger.slug}/", include(api_urls(ledger))) for ledger in all_ledgers()})
    ]
