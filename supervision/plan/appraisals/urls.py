from django.urls import path

from . import objecting, views

urlpatterns = [
    path("appraisal-desk/new/", views.new, name="appraisal_new"),
    path("appraisal-desk/<int:pk>/compute/", views.compute, name="appraisal_compute"),
    path("appraisal-desk/<int:pk>/object/", objecting.object_to, name="appraisal_object"),
    path("appraisal-desk/<int:pk>/<str:code>/<slug:which>/", views.members, name="appraisal_list"),
]
