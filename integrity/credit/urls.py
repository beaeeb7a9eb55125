from django.urls import path

from . import views

urlpatterns = [
    path("credit/", views.public_page, name="credit_public"),
    path("credit/joint/", views.joint, name="credit_joint"),
    path("credit/year/", views.start_year, name="credit_start_year"),
    path("credit/compare/", views.compare, name="credit_compare"),
    path("credit/export.json", views.export, {"form": "json"}, name="credit_export_json"),
    path("credit/export.xlsx", views.export, {"form": "xlsx"}, name="credit_export_xlsx"),
]
