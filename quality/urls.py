from django.urls import path

from .acceptance import views as acceptance
from .division import views as division
from .durability import views as durability
from .testing import views as testing
from .works import designs, green_checks, image_pages, register

urlpatterns = [
    path("sections/<int:pk>/division/", division.tree, name="division_tree"),
    path("sections/<int:pk>/division/template/", division.from_template, name="division_template"),
    path("sections/<int:pk>/division/roll-up/", division.roll_up, name="division_roll_up"),
    path("evaluations/figures/", division.figures, name="evaluation_figures"),
    path("projects/<int:pk>/quality-chain/", acceptance.quality_chain, name="quality_chain"),
    path("tests/rates/", testing.rates, name="test_rates"),
    path("durability-checks/chart/", durability.chart, name="durability_chart"),
    path("quality-register/missing/", register.missing, name="missing_posts"),
    path("quality-register/<int:pk>/sheet/", register.sheet, name="quality_register_sheet"),
    path("design-reviews/missing/", designs.missing, name="missing_reviews"),
    path("concealed-works/<int:pk>/images/", image_pages.of_work, name="concealed_images"),
    path("sections/<int:pk>/images/", image_pages.of_section, name="section_images"),
    path("sections/<int:pk>/images/contact-sheet/", image_pages.contact_sheet, name="contact_sheet"),
    path("green-checks/<int:pk>/answer/", green_checks.answer, name="answer_green_check"),
    path("<slug:slug>/<int:pk>/stage-archive/", acceptance.stage_archive, name="stage_archive"),
]
