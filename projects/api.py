"""Merging projects, for programs."""

from __future__ import annotations

from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from supervision.flows.errors import NotAllowed
from supervision.flows.history import Actor
from supervision.ledgers.registry import get

from .assessments.api import assessment_api_urls
from .models import Project
from .services import may_merge, merge_projects, unmerge_project
from .standards.api import standard_api_urls


class MergeSerializer(serializers.Serializer):
    """`target` is the id of the project that stays."""

    target = serializers.IntegerField(min_value=1)
    reason = serializers.CharField(max_length=500)


class UnmergeSerializer(serializers.Serializer):
    reason = serializers.CharField(max_length=500)


class MergeView(APIView):
    """Merge this project into `target`."""

    @extend_schema(request=MergeSerializer, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, pk: int) -> Response:
        if not may_merge(request.user):
            raise NotAllowed("您的角色不能合并项目。")
        given = MergeSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        projects = get("projects").queryset(request.user)
        source = get_object_or_404(projects, pk=pk)
        target = projects.filter(pk=given.validated_data["target"]).first()
        if target is None:
            raise serializers.ValidationError({"target": ["没有这个项目，或您无权查看。"]})
        made = merge_projects(source, target, Actor.of(request.user, "api"), given.validated_data["reason"])
        return Response({"id": made.pk, "name": made.name, "aliases": made.aliases})


class UnmergeView(APIView):
    """Undo the merge of this project; `left` says what could not be restored."""

    @extend_schema(request=UnmergeSerializer, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, pk: int) -> Response:
        if not may_merge(request.user):
            raise NotAllowed("您的角色不能撤销合并。")
        given = UnmergeSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        merged = Project.objects.visible_to(request.user).filter(merged_into__isnull=False)
        source = get_object_or_404(merged, pk=pk)
        left = unmerge_project(source, Actor.of(request.user, "api"), given.validated_data["reason"])
        return Response({"id": source.pk, "left": left})


def project_api_urls() -> list:
    """Addresses of this room below /api/ beside those of the ledgers."""
    return [
        path("projects/<int:pk>/merge/", MergeView.as_view(), name="api-projects-merge"),
        path("projects/<int:pk>/unmerge/", UnmergeView.as_view(), name="api-projects-unmerge"),
        *standard_api_urls(),
        *assessment_api_urls(),
    ]
