from django.urls import path

from . import notice_views, views
from .duties import views as duties

urlpatterns = [
    path("duty-desk/", duties.mine, name="duty_mine"),
    path("duty-desk/adopt/", duties.adopt, name="duty_adopt"),
    path("duty-desk/rates/", duties.rate_page, name="duty_rates"),
    path("duty-desk/rates/export/", duties.rate_export, name="duty_rates_export"),
    path("duty-desk/<int:pk>/record/", duties.record, name="duty_record"),
    path("plan-notices/new/", notice_views.read_in, name="notice_new"),
    path("plan-notices/<int:pk>/", notice_views.review, name="notice_review"),
    path("plan-notices/<int:pk>/accept/", notice_views.accept_all, name="notice_accept_all"),
    path("plan-notices/<int:pk>/yearly/", notice_views.all_yearly, name="notice_all_yearly"),
    path("plan-notices/<int:pk>/adopt/", notice_views.adopt, name="notice_adopt"),
    path("plan-notices/items/<int:pk>/", notice_views.save_item, name="notice_item"),
    path("board/", views.targets_page, name="targets_page"),
    path("board/export/", views.targets_export, name="targets_export"),
    path("board/compute/", views.compute, name="compute"),
    path("board/freeze/", views.freeze, name="freeze"),
    path("board/correct/", views.correct, name="correct"),
    path("board/figures/<int:pk>/", views.figure, name="figure"),
    path("board/figures/<int:pk>/export/", views.figure_export, name="figure_export"),
]
