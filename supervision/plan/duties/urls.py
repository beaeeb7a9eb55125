from django.urls import path

from . import views

urlpatterns = [
    path("duty-desk/", views.mine, name="duty_mine"),
    path("duty-desk/adopt/", views.adopt, name="duty_adopt"),
    path("duty-desk/rates/", views.rate_page, name="duty_rates"),
    path("duty-desk/rates/export/", views.rate_export, name="duty_rates_export"),
    path("duty-desk/<int:pk>/record/", views.record, name="duty_record"),
]
