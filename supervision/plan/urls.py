from django.urls import path

from . import fact_pages, notice_views, report_views, views

urlpatterns = [
    path("work-reports/<int:pk>/make/", report_views.make, name="report_make"),
    path("work-reports/<int:pk>/texts/", report_views.write, name="report_texts"),
    path("work-reports/<int:pk>/edited/", report_views.edited, name="report_edited"),
    path("work-reports/<int:pk>/again/", report_views.again, name="report_again"),
    path("work-reports/<int:pk>/difference/", report_views.difference, name="report_difference"),
    path("work-reports/<int:pk>/figures/<int:ref>/", report_views.figure, name="report_figure"),
    path("work-reports/<int:pk>/figures/<int:ref>/typed/", report_views.type_over, name="report_type_over"),
    path("work-reports/<int:pk>/pictures/<int:number>/", report_views.picture, name="report_picture"),
    path("report-templates/upload/", report_views.new_template, name="report_template_new"),
    path("report-templates/words/", report_views.words, name="report_words"),
    path("facts/<str:code>/", fact_pages.records_of_fact, name="facts_list"),
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
