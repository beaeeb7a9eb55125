"""Marks and results of a sheet, for programs and for the scoring page's own script."""

from __future__ import annotations

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from supervision.flows.errors import NotAllowed
from supervision.flows.history import Actor
from supervision.ledgers.registry import get
from supervision.rules.numbers import whole_number

from ..models import Assessment, StandardVersion
from . import showing
from .marking import MarkConflict, from_data, open_column, save_marks
from .sheet import COLUMN_LABELS, Sheet


class MarkSerializer(serializers.Serializer):
    """One mark. `item` is "table/number"; `version` the one that was seen (0: none yet), left out: not checked."""

    item = serializers.CharField()
    deduction = serializers.DecimalField(max_digits=6, decimal_places=2, required=False, allow_null=True)
    not_applicable = serializers.BooleanField(default=False)
    conforms = serializers.BooleanField(required=False, allow_null=True)
    reason = serializers.CharField(required=False, allow_blank=True, max_length=500)
    version = serializers.IntegerField(required=False)


class SheetView(APIView):
    """Base: one sheet that the reader sees."""

    def sheet(self, request: Request, pk: int) -> Assessment:
        ledger = get("assessments")
        if not ledger.may_view(request.user):
            raise NotAllowed(f"您的角色不能查看“{ledger.label}”。")
        return get_object_or_404(ledger.queryset(request.user), pk=pk)


class MarksView(SheetView):
    """The items of a sheet with the marks of every column; saving marks of the column that is open to one."""

    @extend_schema(responses=OpenApiTypes.OBJECT, summary="考核表的条目与评分")
    def get(self, request: Request, pk: int) -> Response:
        record = self.sheet(request, pk)
        sheet = Sheet(record)
        mine = open_column(record, request.user)
        shown = [column for column in record.columns if getattr(record, f"{column}_on") or column == mine]
        return Response(
            {
                "assessment": record.pk,
                "open_column": mine,
                "columns": {column: COLUMN_LABELS[column] for column in shown},
                "tables": [
                    {
                        "code": table.code,
                        "title": table.title,
                        "items": [
                            {
                                "item": item.key,
                                "title": item.title,
                                "full_marks": None if item.full is None else str(item.full),
                                "mandatory": item.mandatory,
                                "marks": {
                                    column: showing.mark_state(sheet.rows[column].get(item.key))
                                    for column in shown
                                },
                            }
                            for item in table.items
                        ],
                    }
                    for table in sheet.tables
                ],
            }
        )

    @extend_schema(request=MarkSerializer(many=True), responses=OpenApiTypes.OBJECT, summary="保存评分")
    def post(self, request: Request, pk: int) -> Response:
        """Save one mark or a list of them, all or nothing. 400 by item; 409 with `current`, the marks as
        others left them, when one was written since the `version` given."""
        record = self.sheet(request, pk)
        body = request.data
        rows = from_data(body.get("marks", body) if isinstance(body, dict) else body)
        try:
            saved = save_marks(record, rows, Actor.of(request.user, "api"))
        except MarkConflict as error:
            current = {key: showing.mark_state(row) for key, row in error.current.items()}
            return Response({"code": error.code, "message": error.message, "current": current}, status=409)
        sheet = Sheet(record)
        marks = {row.item: showing.mark_state(saved.get(row.item)) for row in rows}
        return Response({"marks": marks, "progress": showing.progress(sheet, record.status)})


class ResultView(SheetView):
    """What the submitted columns came to; with `under` (a version's id) also what they would under that one."""

    @extend_schema(
        parameters=[OpenApiParameter("under", OpenApiTypes.INT)],
        responses=OpenApiTypes.OBJECT,
        summary="考核结果及计算过程",
    )
    def get(self, request: Request, pk: int) -> Response:
        record = self.sheet(request, pk)
        sheet, under = Sheet(record), request.query_params.get("under", "")
        version = None
        if under:
            rows = StandardVersion.objects.exclude(status="draft").select_related("standard")
            number = whole_number(under)
            version = rows.filter(pk=number).first() if number is not None else None
            if version is None:
                raise Http404
        found = {}
        for column in record.columns:
            if not getattr(record, f"{column}_on"):
                continue
            found[column] = showing.result_lines(sheet.result(column))
            if version is not None:
                other, lost = sheet.under(version, column)
                found[column] |= {"under": showing.result_lines(other), "without_item": lost}
        return Response({"assessment": record.pk, "columns": found})


def assessment_api_urls() -> list:
    """Addresses below /api/assessments/ beside those of the ledger."""
    return [
        path("assessments/<int:pk>/marks/", MarksView.as_view(), name="api-assessment-marks"),
        path("assessments/<int:pk>/result/", ResultView.as_view(), name="api-assessment-result"),
    ]
