"""The forms of a ledger: a new record, a changed one, a step of its flow."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from supervision.flows import perform, records
from supervision.flows.errors import LostRace, NotAllowed
from supervision.flows.forms import transition_form

from . import rows as drawing
from .forms import form_for
from .once import already_made, once
from .pages import LedgerPage
from .rest import fields_of


class FormPage(LedgerPage):
    """A new record, or changing one."""

    def get(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        record = self.target(pk)
        initial = {name: request.GET[name] for name in self.ledger.form_fields if name in request.GET}
        form = form_for(
            self.ledger, request.user, instance=record, initial=initial if record is None else None
        )
        return self.draw(form, record)

    def post(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        record, key = self.target(pk), request.POST.get("once", "")
        if record is None and (made := already_made(request.user, key, self.ledger.model)):
            return self.sent_before(made)
        form = form_for(self.ledger, request.user, request.POST, instance=record)
        if not form.is_valid():
            return self.draw(form, record, status=400)
        try:
            if record is None:
                saved, new = once(
                    request.user, key, self.ledger.model, lambda: self.ledger.save(form, self.actor, new=True)
                )
                if not new:
                    return self.sent_before(saved)
            else:
                saved = self.ledger.save(form, self.actor, new=False)
        except LostRace as error:
            return self.lost(form, pk, error)
        except (NotAllowed, ValidationError) as error:
            form.add_error(
                None, error.message if isinstance(error, NotAllowed) else fields_to_form(error, form)
            )
            return self.draw(form, record, status=403 if isinstance(error, NotAllowed) else 400)
        except IntegrityError:
            form.add_error(None, "与刚刚提交的另一条记录重复，请核对后再试。")
            return self.draw(form, record, status=409)
        messages.success(request, "已保存。")
        return redirect(self.ledger.record_url(saved.pk))

    def sent_before(self, saved: models.Model) -> HttpResponse:
        messages.info(self.request, "这份表单已经提交过，没有重复登记。")
        return redirect(self.ledger.record_url(saved.pk))

    def target(self, pk: int | None) -> models.Model | None:
        if pk is None:
            if not self.ledger.may_create(self.request.user):
                raise NotAllowed(f"您的角色不能新增“{self.ledger.label}”。")
            return None
        record = self.record(pk)
        if not self.ledger.may_edit(record, self.request.user):
            raise NotAllowed("您现在不能修改此记录。")
        return record

    def draw(
        self, form: Any, record: models.Model | None, status: int = 200, conflict: dict | None = None
    ) -> HttpResponse:
        label = self.ledger.model._meta.verbose_name
        return render(
            self.request,
            "ledgers/form.html",
            self.context(
                record=record,
                title=f"修改{label}" if record else f"新增{label}",
                form=form,
                conflict=conflict,
                once=uuid.uuid4().hex if record is None else "",
                buttons=[{"name": "save", "label": "保存", "style": "primary"}],
                links={"cancel": self.ledger.record_url(record.pk) if record else self.ledger.url},
            ),
            status=status,
        )

    def lost(self, form: Any, pk: int, error: LostRace) -> HttpResponse:
        """Show what the other person wrote beside what this one typed; saving again is then a choice."""
        fresh = self.ledger.model._base_manager.filter(pk=pk).first()
        if fresh is None:
            raise Http404
        last = records.last_event(fresh)
        changes = []
        for name in self.ledger.form_fields:
            if name not in form.fields:
                continue
            column = drawing.plain_column(self.ledger, name)
            theirs, yours = getattr(fresh, name), form.cleaned_data.get(name)
            if theirs != yours:
                changes.append(
                    {
                        "label": column.label,
                        "theirs": column.kind.text(theirs),
                        "yours": column.kind.text(yours),
                    }
                )
        form.data = form.data.copy()
        form.data["version"] = fresh.version
        conflict = {"who": last.actor_name, "at": last.at, "changes": changes}
        return self.draw(form, fresh, status=409, conflict=conflict)


def fields_to_form(error: ValidationError, form: Any) -> ValidationError:
    """The same error, with what names no field of the form moved to the form as a whole."""
    if not hasattr(error, "error_dict"):
        return error
    found: dict[str, list[str]] = {}
    for name, texts in fields_of(error).items():
        found.setdefault(name if name in form.fields else "__all__", []).extend(texts)
    return ValidationError(found)


class TransitionPage(LedgerPage):
    def get(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        record, transition = self.pair(pk, name)
        form = transition_form(record, transition, request.user)
        return self.draw(record, transition, form)

    def post(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        record, transition = self.pair(pk, name)
        try:
            perform.perform(record, name, self.actor, request.POST)
        except ValidationError as error:
            form = transition_form(record, transition, request.user, request.POST)
            form.is_valid()
            if not form.errors:
                form.add_error(None, fields_to_form(error, form))
            return self.draw(record, transition, form, status=400)
        except (LostRace, IntegrityError) as error:
            form = transition_form(record, transition, request.user, request.POST)
            form.is_valid()
            form.add_error(None, getattr(error, "message", "与刚刚提交的另一条记录重复。"))
            return self.draw(record, transition, form, status=409)
        messages.success(request, f"已办理“{transition.label}”。")
        if request.GET.get("from") == "todo":
            return redirect("todo_next")
        # Whoever hands a record on may thereby lose sight of it.
        if not self.ledger.queryset(request.user).filter(pk=pk).exists():
            return redirect(self.ledger.url)
        return redirect(self.ledger.record_url(pk))

    def pair(self, pk: int, name: str):
        record = self.record(pk)
        flow = self.ledger.flow
        if not flow or name not in flow.by_name:
            raise Http404
        transition = flow.by_name[name]
        if transition not in perform.open_to([record], self.request.user)[record.pk]:
            perform.check_may(record, transition, self.request.user)
        return record, transition

    def draw(self, record: models.Model, transition: Any, form: Any, status: int = 200) -> HttpResponse:
        state = self.ledger.flow.states[record.status]
        events = drawing.timeline(list(records.events_of(record).order_by("-seq")[:20]), type(record))
        return render(
            self.request,
            "ledgers/transition.html",
            self.context(
                record=record,
                title=self.ledger.title_of(record),
                status={"label": state.label, "color": state.color},
                transition=transition,
                form=form,
                events=events,
                links={"cancel": self.ledger.record_url(record.pk)},
            ),
            status=status,
        )
