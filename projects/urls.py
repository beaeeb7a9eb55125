from django.urls import path

from . import views
from .assessments import comparing, official
from .assessments import views as assessments
from .figures import views as figures
from .owed import views as owed
from .standards import views as standards

urlpatterns = [
    path("owed-documents/make/", owed.make, name="owed_make"),
    path("owed-documents/figures/", owed.figures, name="owed_figures"),
    path("figures/", figures.broken_down, name="figures"),
    path("figures/list/", figures.behind, name="figures_list"),
    path("projects/<int:pk>/merge/", views.merge, name="merge_project"),
    path("projects/<int:pk>/unmerge/", views.unmerge, name="unmerge_project"),
    path("standard-versions/template-workbook/", standards.template, name="standard_template"),
    path("standard-versions/upload/", standards.upload, name="upload_standard"),
    path("standard-versions/<int:pk>/workbook/", standards.book, name="standard_book"),
    path("standard-versions/<int:pk>/compare/", standards.compare, name="compare_standard"),
    path("assessments/<int:pk>/score/", assessments.score, name="assessment_score"),
    path("assessments/<int:pk>/facts/", assessments.facts, name="assessment_facts"),
    path("assessments/<int:pk>/copy/", assessments.copy, name="assessment_copy"),
    path("assessments/<int:pk>/evidence/", assessments.file, name="assessment_file"),
    path("assessments/<int:pk>/result/", comparing.result, name="assessment_result"),
    path("assessments/<int:pk>/workbook/", official.excel, name="assessment_excel"),
    path("assessments/<int:pk>/paper/", official.paper, name="assessment_paper"),
    path("assessments/<int:pk>/pdf/", official.pdf, name="assessment_pdf"),
    path("assessments/rescore/", comparing.rescore, name="assessment_rescore"),
    path("projects/<int:pk>/assessments/", official.project, name="project_assessments"),
    path("projects/<int:pk>/assessments/workbook/", official.project_excel, name="project_assessments_excel"),
    path("projects/<int:pk>/assessments/pdf/", official.project_pdf, name="project_assessments_pdf"),
]
