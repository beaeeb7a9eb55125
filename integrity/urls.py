from django.urls import include, path

urlpatterns = [
    path("", include("integrity.credit.urls")),
]
