"""What a step writes: fields that were sent, and nothing of those that were left out."""

from __future__ import annotations

import pytest
from django import forms
from django.http import QueryDict
from django.test import Client

from safety.models import HiddenDanger
from supervision.flows.forms import left_out

from . import safety


class Questions(forms.Form):
    note = forms.CharField(required=False)
    ticked = forms.BooleanField(required=False)


@pytest.mark.parametrize(
    "sent, silent",
    [
        ({}, ["note", "ticked"]),
        ({"note": "", "ticked": False}, []),
        # A page says of a box that it is not ticked by leaving it out.
        (QueryDict(""), ["note"]),
        (QueryDict("note="), []),
    ],
)
def test_what_was_left_out(sent, silent):
    form = Questions(sent)
    assert [name for name in form.fields if left_out(form, name)] == silent


@pytest.mark.django_db
def test_a_step_leaves_alone_what_it_was_not_told():
    site = safety.site()
    danger = site.graded()
    safety.paper(danger, "整改照片")

    def again(**data) -> HiddenDanger:
        site.act(danger, "rectify", "contractor", **data)
        return site.act(danger, "return_accept", "supervisor", opinion="不到位")

    assert again(measures="加设护栏").measures == "加设护栏"
    assert again().measures == "加设护栏"
    client = Client()
    client.force_login(site.people["contractor"], backend="django.contrib.auth.backends.ModelBackend")
    url = f"/hidden-dangers/{danger.pk}/do/rectify/"
    assert client.post(url, {"measures": "", "opinion": "已整改"}).status_code == 302
    assert HiddenDanger.objects.get(pk=danger.pk).measures == ""
