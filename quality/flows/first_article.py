"""How a first article travels, and when a batch of its item may start.

清单 → 方案 → 监理审批 → 实施 → 检评 → 总结 → 推广. One that failed is built again as the next attempt;
its results stay.
"""

from __future__ import annotations

from django.utils import timezone

from supervision.flows.flow import Flow, Overlay, State, Transition

from ..models import Batch, FirstArticle, FirstArticleResult
from ..models import first_article as m
from .roles import AUTHORITY, CONTRACTOR, OWNER, SUPERVISOR, dated, within


def with_limits(record: FirstArticle) -> list[str]:
    return [] if record.checks.exists() else ["请先列出检测项目及限值。"]


def all_measured(record: FirstArticle) -> list[str]:
    """Which checks still have no result in the attempt that runs."""
    done = record.results_now().values("check_item")
    return [f"“{check.name}”尚无检测结果。" for check in record.checks.exclude(pk__in=done).order_by("pk")]


def all_within_limits(record: FirstArticle) -> list[str]:
    """Which results of the attempt do not hold, so that it cannot pass."""
    bad = record.results_now().filter(passed=False).select_related("check_item").order_by("pk")
    return all_measured(record) + [told(result) for result in bad]


def told(result: FirstArticleResult) -> str:
    if result.rate is None:
        return f"“{result.check_item.name}”外观不符合要求。"
    rate, least = result.rate.normalize(), result.check_item.least_rate.normalize()
    return f"“{result.check_item.name}”合格率 {rate:f}%，低于 {least:f}%（限值{result.limits}）。"


def pass_it(record: FirstArticle, data: dict, actor) -> None:
    record.judged_on = record.passed_on = timezone.localdate()


def again(record: FirstArticle, data: dict, actor) -> None:
    record.attempt += 1
    record.approved_on = record.built_on = record.judged_on = None


FirstArticle.flow = Flow(
    initial=m.LISTED,
    states={
        m.LISTED: State("待报方案", "blue", editable=True),
        m.SUBMITTED: State("方案待审批", "cyan"),
        m.APPROVED: State("待实施", "blue"),
        m.BUILDING: State("检测中", "blue"),
        m.MEASURED: State("待评定", "yellow"),
        m.FAILED: State("首件不合格", "red"),
        m.PASSED: State("首件合格，待总结", "green"),
        m.SUMMARISED: State("待推广", "cyan"),
        m.ROLLED_OUT: State("已推广", "green", final=True),
    },
    transitions=[
        Transition(
            "submit",
            "提交首件方案",
            (m.LISTED,),
            m.SUBMITTED,
            CONTRACTOR,
            attachments=(m.SCHEME,),
            guard=with_limits,
            deadline=within(m.FIRST_ARTICLES, "approve"),
        ),
        Transition(
            "approve",
            "批准首件方案",
            (m.SUBMITTED,),
            m.APPROVED,
            SUPERVISOR,
            optional=("approved_on",),
            effect=dated("approved_on"),
            deadline=lambda record: record.planned_on,
            style="success",
        ),
        Transition(
            "return_scheme",
            "退回方案",
            (m.SUBMITTED,),
            m.LISTED,
            SUPERVISOR,
            opinion="required",
            returns=True,
            duty=False,
            style="warning",
        ),
        Transition(
            "build",
            "首件完成，开始检测",
            (m.APPROVED,),
            m.BUILDING,
            CONTRACTOR,
            optional=("built_on",),
            effect=dated("built_on"),
        ),
        Transition(
            "measure",
            "提交检测结果",
            (m.BUILDING,),
            m.MEASURED,
            CONTRACTOR,
            attachments=(m.RECORD,),
            guard=all_measured,
            deadline=within(m.FIRST_ARTICLES, "judge"),
        ),
        Transition(
            "pass",
            "评定合格",
            (m.MEASURED,),
            m.PASSED,
            SUPERVISOR,
            guard=all_within_limits,
            not_by=("measure",),
            effect=pass_it,
            deadline=within(m.FIRST_ARTICLES, "summarise"),
            style="success",
            help="各项结果均在限值内方可评定合格。",
        ),
        Transition(
            "fail",
            "评定不合格",
            (m.MEASURED,),
            m.FAILED,
            SUPERVISOR,
            opinion="required",
            opinion_label="不合格情况及处理",
            not_by=("measure",),
            effect=dated("judged_on"),
            returns=True,
            duty=False,
            style="danger",
        ),
        Transition(
            "again",
            "重新实施首件",
            (m.FAILED,),
            m.LISTED,
            CONTRACTOR,
            opinion="required",
            opinion_label="原因分析与改进",
            effect=again,
            help="原检测结果保留；检测项目和限值可随新方案补充。",
        ),
        Transition(
            "summarise",
            "提交首件总结",
            (m.PASSED,),
            m.SUMMARISED,
            CONTRACTOR,
            fields=("lessons",),
            attachments=(m.SUMMARY,),
        ),
        Transition(
            "roll_out",
            "同意推广",
            (m.SUMMARISED,),
            m.ROLLED_OUT,
            SUPERVISOR | OWNER,
            effect=dated("rolled_out_on"),
            style="success",
        ),
        Transition(
            "return_summary",
            "退回总结",
            (m.SUMMARISED,),
            m.PASSED,
            SUPERVISOR | OWNER,
            opinion="required",
            returns=True,
            duty=False,
            style="warning",
        ),
    ],
)


def first_article_first(record: Batch) -> list[str]:
    """No batch before the first article of its item passed, unless somebody answers for it."""
    article = record.article
    if article.passed_on or record.overruled_on:
        return []
    return [f"“{article.item}”首件尚未合格（{article.status_label}），不得批量施工。"]


Batch.flow = Flow(
    initial=m.PLANNED,
    states={
        m.PLANNED: State("待开工", "blue", editable=True),
        m.STARTED: State("施工中", "cyan"),
        m.FINISHED: State("已完成", "green", final=True),
    },
    overlays=(Overlay("overruled_on", "首件未合格例外开工", "red"),),
    transitions=[
        Transition(
            "start",
            "批量开工",
            (m.PLANNED,),
            m.STARTED,
            CONTRACTOR,
            optional=("started_on",),
            guard=first_article_first,
            effect=dated("started_on"),
        ),
        Transition(
            "overrule",
            "首件合格前例外开工",
            (m.PLANNED,),
            None,
            OWNER,
            opinion="required",
            opinion_label="理由",
            effect=dated("overruled_on"),
            guard=lambda record: ["首件已合格，无须例外。"] if record.article.passed_on else [],
            duty=False,
            tells=AUTHORITY,
            style="danger",
            help="由建设单位负责，理由留痕并即时告知主管部门；首件率按未执行首件计。",
        ),
        Transition(
            "finish",
            "批量完成",
            (m.STARTED,),
            m.FINISHED,
            CONTRACTOR,
            optional=("finished_on",),
            effect=dated("finished_on"),
        ),
    ],
)
