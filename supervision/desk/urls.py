from django.urls import path

from . import accounts, views
from .leader import pages as leader
from .search import pages

urlpatterns = [
    path("", views.workbench, name="workbench"),
    path("todo/next/", views.todo_next, name="todo_next"),
    path("search/", pages.search, name="search"),
    path("leader/", leader.leader, name="leader"),
    path("leader/wall/", leader.wall, name="wall"),
    path("notices/", views.notices, name="notices"),
    path("notices/read/", views.notices_read, name="notices_read"),
    path("jobs/<int:pk>/progress/", views.job_progress, name="job_progress"),
    path("jobs/<int:pk>/result/", views.job_result, name="job_result"),
    path("users/<int:pk>/reset-password/", views.reset_password, name="reset_password"),
    path("users/<int:pk>/reset-otp/", views.reset_totp, name="reset_otp"),
    path("healthz", views.healthz, name="healthz"),
    *accounts.urlpatterns,
]
