"""What a report's page does, for programs: order its making, read its figures, type one over."""

from __future__ import annotations

from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from supervision.flows.errors import NotAllowed
from supervision.flows.history import Actor
from supervision.ledgers.registry import get

from .models import Report, ReportFigure
from .reports import services


def report_of(request: Request, pk: int) -> Report:
    if not get("work-reports").may_view(request.user):
        raise NotAllowed("您的角色不能查看工作报告。")
    rows = Report.objects.visible_to(request.user).select_related("template", "district")
    return get_object_or_404(rows, pk=pk)


class ReportFigureSerializer(serializers.ModelSerializer):
    count = serializers.IntegerField(source="counted.count", default=None)
    address = serializers.SerializerMethodField()

    class Meta:
        model = ReportFigure
        fields = [
            "ref",
            "label",
            "text",
            "measure",
            "computed",
            "typed",
            "numerator",
            "denominator",
            "first",
            "last",
            "count",
            "address",
        ]

    def get_address(self, figure: ReportFigure) -> str:
        return reverse("report_figure", args=[figure.report_id, figure.ref])


class TypedSerializer(serializers.Serializer):
    """`value` empty: the counted figure comes back. `seen`: the text that stood there when it was read; where
    another stands there now, the answer is 409 and nothing is written."""

    ref = serializers.IntegerField(min_value=1)
    value = serializers.CharField(max_length=40, allow_blank=True)
    reason = serializers.CharField(max_length=300, allow_blank=True, default="")
    seen = serializers.CharField(max_length=80, allow_blank=True, required=False)


class MakeReportView(APIView):
    """Order the making of a draft; the answer names the job, which `/api/jobs/<id>/` follows."""

    @extend_schema(request=None, responses={202: OpenApiTypes.OBJECT})
    def post(self, request: Request, pk: int) -> Response:
        run = services.order_make(report_of(request, pk), Actor.of(request.user, "api"))
        return Response({"job": run.pk, "state": run.state}, status=202)


class ReportFiguresView(APIView):
    """Every figure of a report, in the order of its numbers."""

    @extend_schema(responses=ReportFigureSerializer(many=True))
    def get(self, request: Request, pk: int) -> Response:
        rows = report_of(request, pk).figures_in_order()
        return Response(ReportFigureSerializer(rows, many=True).data)

    @extend_schema(request=TypedSerializer, responses=ReportFigureSerializer)
    def post(self, request: Request, pk: int) -> Response:
        given = TypedSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        data, report = given.validated_data, report_of(request, pk)
        figure = get_object_or_404(report.figures, ref=data["ref"])
        actor = Actor.of(request.user, "api")
        report = services.type_over(
            report, figure.key, data["value"], data["reason"], actor, data.get("seen")
        )
        return Response(
            ReportFigureSerializer(report.figures.select_related("counted").get(ref=figure.ref)).data
        )


def report_api_urls() -> list:
    """Addresses beside those of the ledger of reports."""
    return [
        path("work-reports/<int:pk>/make/", MakeReportView.as_view(), name="api-report-make"),
        path("work-reports/<int:pk>/figures/", ReportFiguresView.as_view(), name="api-report-figures"),
    ]
