from django.urls import path

from . import views

urlpatterns = [
    path("board/", views.targets_page, name="targets_page"),
    path("board/export/", views.targets_export, name="targets_export"),
    path("board/compute/", views.compute, name="compute"),
    path("board/freeze/", views.freeze, name="freeze"),
    path("board/correct/", views.correct, name="correct"),
    path("board/figures/<int:pk>/", views.figure, name="figure"),
    path("board/figures/<int:pk>/export/", views.figure_export, name="figure_export"),
]
