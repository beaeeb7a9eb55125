"""The API of every ledger: the same records, filters, forms and flows as the pages, as JSON."""

from __future__ import annotations

import json
from typing import Any

from django.db import models
from django.http import Http404
from django.urls import path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ParseError, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from supervision.flows import perform, records
from supervision.flows.errors import NotAllowed
from supervision.flows.history import Actor

from . import rows as drawing
from .filters import filterset_for
from .forms import form_for
from .ledger import Ledger
from .list_pages import order
from .once import already_made, once


class ActionSerializer(serializers.Serializer):
    """A transition that the reader may perform now: POST to `url` with `fields` and `opinion`."""

    name = serializers.CharField()
    label = serializers.CharField()
    url = serializers.CharField()
    required = serializers.ListField(child=serializers.CharField())
    optional = serializers.ListField(child=serializers.CharField())
    missing = serializers.ListField(child=serializers.CharField())


class HistoryEntrySerializer(serializers.Serializer):
    """One entry of a record's history, in words."""

    at = serializers.DateTimeField()
    actor = serializers.CharField()
    organization = serializers.CharField()
    label = serializers.CharField()
    reason = serializers.CharField()
    source = serializers.CharField()
    changes = serializers.ListField(child=serializers.DictField())


def serializer_for(ledger: Ledger) -> type[serializers.ModelSerializer]:
    """How a record reads: every field, labels beside codes and foreign keys, and computed columns. The
    writable fields are those of the ledger's form."""
    model = ledger.model
    hidden = getattr(model, "secret_fields", frozenset()) | {"search_key", "path"}
    names = [field.name for field in model._meta.concrete_fields if field.name not in hidden]
    declared: dict[str, Any] = {}
    methods: dict[str, Any] = {}
    if "title" not in names:
        # What people call the record; a column of that name goes before it.
        declared["title"] = serializers.SerializerMethodField()
        methods["get_title"] = _title(ledger)
    for field in model._meta.concrete_fields:
        if field.name in names and (isinstance(field, models.ForeignKey) or field.choices):
            if isinstance(field, models.ForeignKey) and field.name not in ledger.joins:
                continue
            declared[f"{field.name}_label"] = serializers.SerializerMethodField()
            methods[f"get_{field.name}_label"] = _label_of(field)
    for column in ledger.columns:
        if column.model_field is None:
            declared[column.key] = serializers.SerializerMethodField()
            methods[f"get_{column.key}"] = _value_of(column)
    if ledger.flow:
        declared["status_label"] = serializers.CharField(read_only=True)
    fields = [*names, *declared]
    writable = set(ledger.form_fields)
    meta = type(
        "Meta",
        (),
        {
            "model": model,
            "fields": fields,
            "read_only_fields": [name for name in names if name not in writable],
            "validators": [],
        },
    )
    return type(
        f"{model.__name__}Serializer", (serializers.ModelSerializer,), {**declared, **methods, "Meta": meta}
    )


def _title(ledger: Ledger):
    def get(self, record) -> str:
        return ledger.title_of(record)

    return get


def _label_of(field: models.Field):
    def get(self, record) -> str:
        value = getattr(record, field.name)
        if isinstance(field, models.ForeignKey):
            return str(value) if value else ""
        return str(dict(field.flatchoices).get(value, value or ""))

    return get


def _value_of(column):
    def get(self, record) -> str:
        return column.text(record)

    return get


class LedgerViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """List, read, create and change records of one ledger; perform their transitions."""

    ledger: Ledger = None  # set by as_view(ledger=…)

    def check_permissions(self, request: Request) -> None:
        super().check_permissions(request)
        if not self.ledger.may_view(request.user):
            raise PermissionDenied(f"您的角色不能查看“{self.ledger.label}”。")

    def get_queryset(self) -> models.QuerySet:
        if getattr(self, "swagger_fake_view", False):
            return self.ledger.model.objects.none()
        return order(
            self.ledger, self.ledger.queryset(self.request.user), self.request.query_params.get("sort", "")
        )

    def paginate_queryset(self, queryset: models.QuerySet):
        page = super().paginate_queryset(queryset)
        if page is not None:
            self.ledger.look_at(page)
        return page

    def filter_queryset(self, queryset: models.QuerySet) -> models.QuerySet:
        """Filters are for lists: for one record no form of them is put together."""
        return queryset if "pk" in self.kwargs else super().filter_queryset(queryset)

    @property
    def actor(self) -> Actor:
        return Actor.of(self.request.user, "api")

    def represent(self, record: models.Model, code: int = 200) -> Response:
        fresh = self.ledger.queryset(self.request.user).filter(pk=record.pk).first()
        if fresh is None:
            # Handed on out of the writer's own sight: it is done, and no longer theirs to read.
            return Response({"id": record.pk}, status=code)
        return Response(self.whole(fresh), status=code)

    def whole(self, record: models.Model) -> dict:
        """A record with what the reader may do to it."""
        data = dict(self.get_serializer(record).data)
        if self.ledger.flow:
            data["actions"] = self.actions(record)
        data["may_edit"] = self.ledger.may_edit(record, self.request.user)
        return data

    def actions(self, record: models.Model) -> list[dict]:
        base = self.request.build_absolute_uri(f"/api/{self.ledger.slug}/{record.pk}/")
        found = []
        for transition in perform.open_to([record], self.request.user)[record.pk]:
            required = [*transition.fields, *(["opinion"] if transition.opinion == "required" else [])]
            optional = [*transition.optional, *(["opinion"] if transition.opinion == "optional" else [])]
            found.append(
                {
                    "name": transition.name,
                    "label": transition.label,
                    "url": f"{base}{transition.name}/",
                    "required": required,
                    "optional": optional,
                    "missing": perform.missing_for(record, transition),
                }
            )
        return found

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        record = self.get_object()
        self.ledger.opened(record, self.actor)
        return Response(self.whole(record))

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        if not self.ledger.may_create(request.user):
            raise NotAllowed(f"您的角色不能新增“{self.ledger.label}”。")
        key = request.headers.get("Idempotency-Key", "")
        if made := already_made(request.user, key, self.ledger.model):
            return self.represent(made)
        form = form_for(self.ledger, request.user, plain_body(request))
        if not form.is_valid():
            raise serializers.ValidationError(form.errors)
        record, new = once(
            request.user, key, self.ledger.model, lambda: self.ledger.save(form, self.actor, new=True)
        )
        new = new and record.pk == form.instance.pk
        return self.represent(record, status.HTTP_201_CREATED if new else status.HTTP_200_OK)

    def update(self, request: Request, *args: Any, partial: bool = False, **kwargs: Any) -> Response:
        record = self.get_object()
        if not self.ledger.may_edit(record, request.user):
            raise NotAllowed("您现在不能修改此记录。")
        data = plain_body(request)
        if not partial:
            # PUT says all: what it leaves out is emptied, except what it may not touch.
            data = {name: data.get(name) for name in self.ledger.form_fields} | {
                "version": data.get("version")
            }
        form = form_for(self.ledger, request.user, data, instance=record)
        if not form.is_valid():
            raise serializers.ValidationError(form.errors)
        return self.represent(self.ledger.save(form, self.actor, new=False))

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.update(request, *args, partial=True, **kwargs)

    @extend_schema(responses=HistoryEntrySerializer(many=True))
    @action(detail=True, methods=["get"])
    def history(self, request: Request, pk: str | None = None) -> Response:
        """The record's history, newest first."""
        record = self.get_object()
        events = list(records.events_of(record).order_by("-seq")[:1000])
        return Response(drawing.timeline(events, self.ledger.model))

    @extend_schema(
        parameters=[OpenApiParameter("transition", OpenApiTypes.STR, OpenApiParameter.PATH)],
        request=OpenApiTypes.OBJECT,
    )
    def transition(self, request: Request, pk: str | None = None, transition: str = "") -> Response:
        """Perform a transition: the body holds its fields, `opinion`, and optionally the `version` seen."""
        record = self.get_object()
        if not self.ledger.flow or transition not in self.ledger.flow.by_name:
            raise Http404
        return self.represent(perform.perform(record, transition, self.actor, plain_body(request)))


def plain_body(request: Request) -> dict:
    """The request's body as a dictionary. Raises a 400 when it is something else, or holds text that no
    database can keep (half of a surrogate pair, which JSON can spell)."""
    try:
        data = request.data
    except RecursionError:
        raise ParseError from None  # brackets within brackets, thousands deep
    if hasattr(data, "lists"):
        return {name: values[-1] for name, values in data.lists()}
    if not isinstance(data, dict):
        raise serializers.ValidationError({"non_field_errors": ["请求内容应为 JSON 对象。"]})
    broken = [name for name, value in data.items() if not _encodes((name, value))]
    if broken:
        raise serializers.ValidationError(
            {name if _encodes(name) else "non_field_errors": ["含有不能使用的字符。"] for name in broken}
        )
    return data


def _encodes(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError:
        return False
    return True


def viewset_for(ledger: Ledger) -> type[LedgerViewSet]:
    """The viewset of a ledger, with the methods it allows."""
    name = ledger.model.__name__
    body = serializer_for(ledger)
    filterset = filterset_for(ledger)
    methods = ["get", "head", "options"]
    if ledger.create_roles or ledger.flow:
        methods.append("post")
    if ledger.edit_roles:
        methods += ["put", "patch"]
    made = type(
        f"{name}ViewSet",
        (LedgerViewSet,),
        {
            "ledger": ledger,
            "serializer_class": body,
            "filterset_class": filterset,
            "queryset": ledger.model.objects.none(),
            "http_method_names": methods,
            "__doc__": f"{ledger.label}",
        },
    )
    sort = OpenApiParameter("sort", OpenApiTypes.STR, description="列名，前加 - 为降序")
    return extend_schema_view(list=extend_schema(parameters=[sort], summary=ledger.label))(made)


def api_urls(ledger: Ledger) -> list:
    """The addresses of a ledger below /api/<slug>/."""
    viewset = viewset_for(ledger)
    name = f"api-{ledger.slug}"
    listing = {"get": "list"}
    single = {"get": "retrieve"}
    if ledger.create_roles:
        listing["post"] = "create"
    if ledger.edit_roles:
        single |= {"put": "update", "patch": "partial_update"}
    urls = [
        path("", viewset.as_view(listing), name=f"{name}-list"),
        path("<int:pk>/", viewset.as_view(single), name=f"{name}-detail"),
    ]
    if ledger.keeps_history:
        urls.append(path("<int:pk>/history/", viewset.as_view({"get": "history"}), name=f"{name}-history"))
    if ledger.flow:
        urls.append(
            path(
                "<int:pk>/<slug:transition>/",
                viewset.as_view({"post": "transition"}),
                name=f"{name}-do",
            )
        )
    return urls
