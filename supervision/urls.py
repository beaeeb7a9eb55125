"""The addresses of the portal: pages of the rooms, the ledgers' pages, and the API."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from projects.api import project_api_urls
from safety.api import safety_api_urls
from supervision.desk.documents_api import document_api_urls
from supervision.ledgers.attachments_api import attachment_urls
from supervision.ledgers.urls import ledger_api_urls, ledger_urls
from supervision.plan.api import plan_api_urls

urlpatterns = [
    path("", include("supervision.desk.urls")),
    path("", include("supervision.papers.urls")),
    path("", include("supervision.plan.urls")),
    path("", include("projects.urls")),
    path("", include("safety.urls")),
    path("", include("quality.urls")),
    path("", include("integrity.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="api_docs"),
    path(
        "api/",
        include(
            [
                *plan_api_urls(),
                *project_api_urls(),
                *safety_api_urls(),
                *document_api_urls(),
                *attachment_urls(),
                *ledger_api_urls(),
            ]
        ),
    ),
    *ledger_urls(),
]
