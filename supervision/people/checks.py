"""System checks: the portal refuses to start with a model nobody said the scope of."""

from __future__ import annotations

from django.apps import apps
from django.core.checks import Error, register

from .scope import Scoped

OURS = ("supervision.", "projects", "safety", "quality", "integrity")


def our_models():
    """Every concrete model of the portal's own apps."""
    for config in apps.get_app_configs():
        if config.name.startswith(OURS):
            yield from config.get_models()


@register()
def every_model_has_a_scope(app_configs, **kwargs):
    problems = []
    for model in our_models():
        declared = (
            getattr(model, "scope_public", False)
            or getattr(model, "scope_through", None)
            or getattr(model, "scope_q", None)
        )
        if not declared:
            problems.append(
                Error(
                    f"{model._meta.label} declares no scope",
                    hint="Set scope_through, scope_public = True, or write scope_q(reach).",
                    obj=model,
                    id="people.E001",
                )
            )
        elif getattr(model, "scope_q", None) and not issubclass(model, Scoped):
            problems.append(
                Error(f"{model._meta.label} has scope_q but is not Scoped", obj=model, id="people.E002")
            )
    return problems
