from django.urls import path

from . import views

urlpatterns = [
    path("campaign-desk/<int:pk>/problems/<slug:slug>/", views.problem_list, name="campaign_problems"),
    path("campaign-desk/<int:pk>/figures/<str:code>/", views.figure_list, name="campaign_figure"),
    path("campaign-desk/of/<slug:slug>/<int:pk>/", views.of_record, name="campaigns_of"),
    path("campaign-desk/<int:pk>/reports/", views.plan_reports, name="campaign_reports"),
    path("campaign-desk/<int:pk>/draw/", views.draw, name="campaign_draw"),
]
