from django.apps import AppConfig


class LedgersConfig(AppConfig):
    name = "supervision.ledgers"
    label = "ledgers"
    verbose_name = "台账"

    def ready(self) -> None:
        from supervision.flows import forms

        from .fields import form_field

        forms.field_maker = form_field
