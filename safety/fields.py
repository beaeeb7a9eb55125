"""A column whose values are terms of a versioned list."""

from __future__ import annotations

from django.db import models

from supervision.rules.words import WordChoice

from .rules import WORK_ITEMS, categories, rule


class CategoryField(models.CharField):
    """The kind of a hidden danger. Forms offer the list in force; a stored word stays when the list changes."""

    @staticmethod
    def terms():
        """The terms in force, as choices."""
        return categories()

    def deconstruct(self):
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs

    def formfield(self, **kwargs):
        kwargs = {name: kwargs[name] for name in ("required", "label", "initial") if name in kwargs}
        kwargs = {"required": not self.blank, "label": str(self.verbose_name)} | kwargs
        return WordChoice(choices=lambda: [("", "---------"), *self.terms()], **kwargs)


class WorkItemField(CategoryField):
    """The kind of a dangerous work, by the table in force."""

    @staticmethod
    def terms():
        return [(row["name"], row["name"]) for row in rule(WORK_ITEMS).content["items"]]
