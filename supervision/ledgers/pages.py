"""What every page of a ledger stands on: who may open it, and through which scope its records come."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views import View

from supervision.flows.errors import FlowError, NotAllowed
from supervision.flows.history import Actor

from .ledger import Ledger
from .registry import ledger_of


class LedgerPage(LoginRequiredMixin, View):
    """Base: knows its ledger, refuses who may not open it, fetches through scope."""

    ledger: Ledger = None  # set by as_view(ledger=…)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.handle_no_permission()
        if not self.ledger.may_view(request.user):
            raise PermissionDenied(f"您的角色不能查看“{self.ledger.label}”。")
        try:
            return super().dispatch(request, *args, **kwargs)
        except NotAllowed as error:
            raise PermissionDenied(error.message) from error
        except FlowError as error:
            return render(request, "409.html", {"reason": error.message}, status=error.http_status)

    def record(self, pk: int) -> models.Model:
        """The record, if the person sees it; otherwise there is none."""
        return get_object_or_404(self.ledger.queryset(self.request.user), pk=pk)

    def elsewhere(self, pk: int) -> str:
        """The page of a record that another ledger of the same table keeps, where the person sees it; else ""."""
        record = self.ledger.reachable(self.request.user).filter(pk=pk).first()
        other = ledger_of(record) if record is not None else None
        moved = other is not None and other is not self.ledger and other.may_view(self.request.user)
        return other.record_url(pk) if moved else ""

    @property
    def actor(self) -> Actor:
        return Actor.of(self.request.user, "page")

    def link(self, name: str, *args: Any) -> str:
        return reverse(f"{self.ledger.slug}:{name}", args=args)

    def context(self, **more: Any) -> dict:
        return {"ledger": self.ledger, **more}


def safe_next(request: HttpRequest, fallback: str) -> str:
    """The `next` address if it stays on this site."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        return target
    return fallback
