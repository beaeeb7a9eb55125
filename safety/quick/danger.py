"""随手报: where, what, a photo, from a phone on site; the rest follows at 核查."""

from __future__ import annotations

from django import forms

from supervision.ledgers.ledger import Ledger
from supervision.people.models import User

from ..models import HiddenDanger
from .page import Quick, SiteForm, file_once


class DangerForm(SiteForm):
    asks_stakes = True

    def ask(self) -> None:
        self.fields["part"] = forms.CharField(label="部位", max_length=120, help_text="桩号、构造物或场所")
        self.fields["description"] = forms.CharField(
            label="发现了什么", max_length=3000, widget=forms.Textarea(attrs={"rows": 4})
        )


def take(form: SiteForm, user: User, ledger: Ledger) -> HiddenDanger:
    names = [name for name in ("part", "stakes", "description") if name in form.cleaned_data]
    body = form.place() | {name: form.cleaned_data[name] for name in names}
    return file_once(ledger, user, body, form, "隐患照片")


quick_report = Quick("hidden-dangers", DangerForm, "随手报隐患", "上报", "已上报", take)
