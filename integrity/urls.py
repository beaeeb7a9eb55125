from django.urls import include, path

from .reports import pages as reports
from .reports import public
from .services import views as services
from .surveys import views as surveys

urlpatterns = [
    path("", include("integrity.credit.urls")),
    path("conduct-reports/figures/", reports.figures, name="report_figures"),
    path("conduct-reports/<int:pk>/reporter/", reports.reporter, name="report_reporter"),
    path("conduct-reports/<int:pk>/code/", reports.new_code_for, name="report_code"),
    path("service-visits/figures/", services.figures, name="service_figures"),
    path("surveys/<int:pk>/preview/", surveys.preview, name="survey_preview"),
    path("surveys/<int:pk>/poster/", surveys.poster, name="survey_poster"),
    path("surveys/<int:pk>/results/", surveys.results, name="survey_results"),
    # Without an account; short, for paper and QR codes.
    path("q/<str:token>/", surveys.answer, name="survey_answer"),
    path("conduct/report/", public.report, name="conduct_report"),
    path("conduct/status/", public.status, name="conduct_report_status"),
]
