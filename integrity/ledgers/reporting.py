"""The ledger of reports about conduct. The discipline role's alone: see "Confidential records" in
docs/architecture.md."""

from __future__ import annotations

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from supervision.flows import history, records
from supervision.flows.history import Actor
from supervision.ledgers.columns import Column
from supervision.ledgers.ledger import Ledger
from supervision.ledgers.registry import register

from ..models import ConductReport
from ..models.reporting import READERS

READ = "read"
# A report's page shows a small picture beside each file; these are part of reading the page.
SAME_READING = timedelta(minutes=10)


@register
class ConductReportLedger(Ledger):
    model, slug, label, menu, order = ConductReport, "conduct-reports", "廉政举报", "信用廉洁", 420
    family, icon = "举报", "envelope-paper"
    intro = "只有纪检监督人员可见；每次打开举报都记入历史。列表不含反映内容，不能导出。期限为本系统设定。"
    view_roles = create_roles = attach_roles = READERS
    importable = exportable = False
    columns = (
        Column("number", "编号", frozen=True),
        Column("channel"),
        Column("named"),
        Column("unit_name"),
        Column("category", source="category"),
        Column("status", "状态"),
        Column("received_on"),
        Column("due_on"),
        Column("accept_by", listed=False),
        Column("accepted_on", listed=False),
        Column("finish_by", listed=False),
        Column("extensions", listed=False),
        Column("finding", source="finding"),
        Column("finished_on", listed=False),
        Column("inform_by", listed=False),
        Column("informed_on", listed=False),
        Column("result", source="result", listed=False, wide=True),
        Column("handed_to", source="handed_to", listed=False),
        Column("answer", source="answer", listed=False, wide=True),
        Column("reward", source="reward", listed=False),
        Column("rewarded_on", source="rewarded_on", listed=False),
        Column("rules_text", "期限依据", source="rules.source_label", listed=False, sheet=False),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (
        ("来源", ("channel", "received_on")),
        ("反映内容", ("unit_name", "person_name", "project_name", "content")),
    )
    filters = ("status", "channel", "category", "named", "finding", "received_on", "due_on")
    search = ("number", "unit_name")
    # No second table holds a word of a report.
    findable = False
    related = ("rules",)
    list_templates = ("integrity/report_links.html",)
    detail_templates = ("integrity/reporter_link.html",)
    quiet_verbs = (READ,)

    def prepare(self, record, user, new):
        if new and record.channel == "web":
            # What comes in by the page comes by the page.
            record.channel = "letter"

    def opened(self, record, actor):
        """Reading a report is itself an event of its history."""
        history.note(record, actor, verb=READ, label="查阅举报")

    def more_context(self, record, user):
        return {"reporter_url": reverse("report_reporter", args=[record.pk])}


def files_read(report: ConductReport, files: list, small: bool, actor: Actor) -> None:
    """Reading what lies with a report is an event of its history, whichever way the files are asked for."""
    if small:
        since = timezone.now() - SAME_READING
        if records.events_of(report).filter(verb=READ, actor=actor.user, at__gte=since).exists():
            return
    names = "、".join(file.name for file in files)
    history.note(report, actor, verb=READ, label="查阅举报附件", reason=names[:1000])
