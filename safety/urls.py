from django.urls import path

from . import public, views
from .draws import views as draws
from .emergency import views as emergency
from .fees import views as fees
from .hazards import views as hazards
from .incidents import views as incidents
from .inspections import views as inspections
from .quick.danger import quick_report
from .quick.incident import quick_incident, quick_near_miss

urlpatterns = [
    path("hidden-dangers/<int:pk>/judge/", views.judge, name="judge_danger"),
    path("hidden-dangers/<int:pk>/sisters/", views.ask_sisters, name="ask_sisters"),
    path("hidden-dangers/<int:pk>/reply-link/", views.reply_link, name="reply_link"),
    path("hidden-dangers/<int:pk>/reply-link/revoke/", views.revoke_links, name="revoke_reply_links"),
    path("hidden-dangers/quick/", quick_report, name="quick_report"),
    path("hidden-dangers/statistics/", views.statistics_page, name="danger_statistics"),
    path("hidden-dangers/monthly/", views.monthly_table, name="danger_monthly"),
    path("hazards/board/<int:pk>/", hazards.hazard_board, name="hazard_board"),
    path("inspection-tasks/<int:pk>/start/", inspections.start, name="start_visit"),
    path("inspection-visits/<int:pk>/check/", inspections.check, name="check_visit"),
    path("inspection-visits/<int:pk>/lists/", inspections.choose, name="choose_checklists"),
    path("inspection-visits/<int:pk>/findings/", inspections.add, name="add_finding"),
    path("inspection-visits/<int:pk>/findings/<int:finding>/drop/", inspections.drop, name="drop_finding"),
    path(
        "inspection-visits/<int:pk>/findings/<int:finding>/raise/",
        inspections.raise_now,
        name="raise_finding",
    ),
    path("inspection-visits/<int:pk>/sign/", inspections.sign, name="sign_visit"),
    path("inspection-visits/<int:pk>/record/", inspections.record, name="visit_record"),
    path("random-draws/<int:pk>/record/", draws.record, name="draw_record"),
    path("random-draws/<int:pk>/record.json", draws.record_file, name="draw_file"),
    path("incidents/quick/", quick_incident, name="quick_incident"),
    path("incidents/statistics/", incidents.incident_statistics, name="incident_statistics"),
    path("near-misses/quick/", quick_near_miss, name="quick_near_miss"),
    path("drills/frequency/", emergency.drill_frequency, name="drill_frequency"),
    path("duty-shifts/gaps/", emergency.duty_gaps, name="duty_gaps"),
    path("weather-checks/<int:pk>/answer/", emergency.answer_check, name="answer_weather_check"),
    path("fee-accounts/summary/", fees.summary_page, name="fee_summary"),
    path("fee-accounts/<int:pk>/register/", fees.register, name="fee_register"),
    path("fee-plans/<int:pk>/grid/", fees.plan_grid, name="fee_plan_grid"),
    path("fee-entries/<int:pk>/reverse/", fees.reverse_entry, name="reverse_fee_entry"),
    # Short, for paper and QR codes; without an account.
    path("r/<str:token>/", public.reply, name="reply"),
    path("report/", public.report, name="public_report"),
    path("report/status/", public.report_status, name="public_report_status"),
]
