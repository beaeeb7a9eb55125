from django.urls import path

from . import views
from .documents import pages

urlpatterns = [
    path("attachments/archive/", views.download_all, name="attachment_archive"),
    path("attachments/<int:pk>/", views.download, name="attachment"),
    path("attachments/<int:pk>/preview/", views.preview, name="attachment_preview"),
    path("attachments/<int:pk>/thumb/", views.thumb, name="attachment_thumb"),
    path("documents/draft/<str:label>/<int:pk>/<slug:code>/", pages.draft, name="draft_document"),
    path("documents/<int:pk>/contents/", pages.edit, name="edit_document"),
    path("documents/<int:pk>/draft.docx", pages.preview, name="preview_document"),
    path("documents/<int:pk>/renew/", pages.renew, name="renew_document"),
    path("documents/<int:pk>/acknowledge/", pages.acknowledge, name="acknowledge_document"),
    path("documents/<int:pk>/print-again/", pages.print_again, name="print_document"),
    path("documents/<int:pk>/receipts/<int:delivery>/", pages.record_receipt, name="record_receipt"),
    path("documents/<int:pk>/receipts/<int:delivery>/receipt.docx", pages.receipt, name="delivery_receipt"),
]
