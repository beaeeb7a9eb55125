"""The one shape of API answers: pages of a list, and what went wrong."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError
from django.db.models import ProtectedError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.pagination import PageNumberPagination
from rest_framework.response import Response
from rest_framework.views import exception_handler

from supervision.flows.errors import FlowError


class Pages(PageNumberPagination):
    """`?page=`, `?page_size=` up to 200; the answer holds count, next, previous, results."""

    page_size_query_param = "page_size"
    max_page_size = 200


def fields_of(error: ValidationError) -> dict[str, list[str]]:
    """A Django ValidationError as {field: [messages]}; what names no field goes under "non_field_errors"."""
    if hasattr(error, "error_dict"):
        found = {}
        for name, errors in error.error_dict.items():
            key = "non_field_errors" if name == "__all__" else name
            found[key] = [message for e in errors for message in e.messages]
        return found
    return {"non_field_errors": list(error.messages)}


def answer(status: int, code: str, message: str, fields: dict | None = None) -> Response:
    body = {"code": code, "message": message}
    if fields:
        body["fields"] = fields
    return Response(body, status=status)


def problem(exc: Exception, context: dict) -> Response | None:
    """Turn anything that may be raised on the way into {"code", "message", "fields"?}."""
    if isinstance(exc, FlowError):
        return answer(exc.http_status, exc.code, exc.message)
    if isinstance(exc, ValidationError):
        fields = fields_of(exc)
        return answer(400, "invalid", first_message(fields), fields)
    if isinstance(exc, ProtectedError):
        return answer(409, "protected", "该记录已被其他记录引用，不能删除。")
    if isinstance(exc, IntegrityError):
        return answer(409, "conflict", "与刚刚提交的另一条记录重复，请刷新后再办。")
    if isinstance(exc, exceptions.ValidationError):
        detail = exc.detail
        fields = detail if isinstance(detail, dict) else {"non_field_errors": detail}
        return answer(400, "invalid", first_message(fields), fields)
    response = exception_handler(exc, context)
    if response is None:
        return None
    message = {
        401: "请先登录，或检查令牌。",
        403: "您没有权限办理此事项。",
        404: "没有这条记录，或您无权查看。",
        405: "不支持这种请求方式。",
        415: "不支持这种内容类型。",
        429: "请求过于频繁，请稍后再试。",
    }.get(response.status_code)
    detail = getattr(exc, "detail", None)
    if isinstance(exc, (exceptions.AuthenticationFailed, exceptions.PermissionDenied)) and _is_chinese(
        detail
    ):
        message = str(detail)
    if isinstance(exc, exceptions.ParseError):
        message = "请求内容不能解析，请检查格式。"
    code = getattr(exc, "default_code", None) or {Http404: "not_found", PermissionDenied: "not_allowed"}.get(
        type(exc), "error"
    )
    made = answer(response.status_code, code, message or str(detail or "请求有误。"))
    for name, value in response.items():
        if name.lower() not in ("content-type", "content-length"):
            made[name] = value
    return made


def _is_chinese(text: object) -> bool:
    return any("一" <= letter <= "鿿" for letter in str(text or ""))


def first_message(fields: dict) -> str:
    """One sentence out of an error dictionary, for those who show only one."""
    for value in fields.values():
        while isinstance(value, (list, dict)) and value:
            value = next(iter(value.values())) if isinstance(value, dict) else value[0]
        if value:
            return str(value)
    return "输入有误。"
