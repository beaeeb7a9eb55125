"""What the targets page does, for programs: start a computation, read a list, report and correct figures."""

from __future__ import annotations

from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from supervision.flows.errors import NotAllowed
from supervision.flows.history import Actor
from supervision.jobs.services import enqueue
from supervision.ledgers.registry import ledger_for
from supervision.ledgers.rest import Pages

from . import reporting
from .models import ComplianceRun, Snapshot
from .notice_api import notice_api_urls
from .report_api import report_api_urls
from .views import LIST_LABELS, MAY_COMPUTE, rows_behind


class ComputeSerializer(serializers.Serializer):
    """`as_of` defaults to today, `year` to its year."""

    as_of = serializers.DateField(required=False)
    year = serializers.IntegerField(required=False, min_value=2000, max_value=2100)


class ReportingSerializer(serializers.Serializer):
    run = serializers.IntegerField(min_value=1)
    label = serializers.CharField(max_length=40, required=False, default="")
    reason = serializers.CharField(max_length=2000)


class RunSerializer(serializers.ModelSerializer):
    class Meta:
        model = ComplianceRun
        fields = [
            "id",
            "as_of",
            "year",
            "made_at",
            "frozen",
            "frozen_at",
            "frozen_label",
            "corrects",
            "reason",
        ]


class ComputeView(APIView):
    """Start the compliance job; the answer names the job, which `/api/jobs/<id>/` follows."""

    @extend_schema(request=ComputeSerializer, responses={202: OpenApiTypes.OBJECT})
    def post(self, request: Request) -> Response:
        if not request.user.roles & MAY_COMPUTE:
            raise NotAllowed("您的角色不能发起计算。")
        given = ComputeSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        day = given.validated_data.get("as_of") or timezone.localdate()
        if day > timezone.localdate():
            raise serializers.ValidationError({"as_of": ["截至日期不能晚于今天。"]})
        year = given.validated_data.get("year") or day.year
        run = enqueue("compliance", {"as_of": day.isoformat(), "year": year}, request.user, f"{year}:{day}")
        return Response({"job": run.pk, "state": run.state}, status=202)


class MembersView(APIView):
    """A list behind a figure, as it stood: `?list=` counted, missing, undecided or population."""

    @extend_schema(
        parameters=[OpenApiParameter("list", enum=list(LIST_LABELS))], responses=OpenApiTypes.OBJECT
    )
    def get(self, request: Request, pk: int) -> Response:
        snapshot = get_object_or_404(Snapshot.objects.visible_to(request.user), pk=pk)
        which = request.query_params.get("list", "counted")
        if which not in LIST_LABELS:
            raise serializers.ValidationError({"list": [f"可选：{'、'.join(LIST_LABELS)}。"]})
        try:
            listed, rows = rows_behind(snapshot, which, request)
        except LookupError:
            raise serializers.ValidationError({"list": ["数量类目标没有应计清单。"]}) from None
        joins = ledger_for(rows.model).joins
        pages = Pages()
        page = pages.paginate_queryset(rows.select_related(*joins).order_by("pk"), request)
        body = pages.get_paginated_response([{"id": record.pk, "title": str(record)} for record in page])
        body.data |= {"unit": listed.unit, "hidden": listed.hidden}
        return body


class ReportView(APIView):
    """Freeze a run as reported, or put a correction beside a reported one."""

    correcting = False

    @extend_schema(request=ReportingSerializer, responses=RunSerializer)
    def post(self, request: Request) -> Response:
        given = ReportingSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        data = given.validated_data
        run = get_object_or_404(ComplianceRun.objects.visible_to(request.user), pk=data["run"])
        actor = Actor.of(request.user, "api")
        if self.correcting:
            made = reporting.correct(run, actor, reason=data["reason"])
        else:
            made = reporting.freeze(run, actor, label=data["label"], reason=data["reason"])
        return Response(RunSerializer(made).data)


def plan_api_urls() -> list:
    """Addresses beside those of the plan's ledgers."""
    return [
        path("snapshots/compute/", ComputeView.as_view(), name="api-snapshots-compute"),
        path("snapshots/freeze/", ReportView.as_view(), name="api-snapshots-freeze"),
        path("snapshots/correct/", ReportView.as_view(correcting=True), name="api-snapshots-correct"),
        path("snapshots/<int:pk>/members/", MembersView.as_view(), name="api-snapshots-members"),
        *notice_api_urls(),
        *report_api_urls(),
    ]
