"""The ledgers of concealed works and their images."""

from __future__ import annotations

from supervision.ledgers.columns import Column
from supervision.ledgers.ledger import Ledger
from supervision.ledgers.registry import register

from ..flows.roles import CONTRACTOR, SUPERVISOR
from ..models import ConcealedWork, SiteImage
from ..models.concealed import COVERED, Side
from ..works.images import PAGE, side_of

FAMILY = "隐蔽工程"
DEMO = Column("is_demo", listed=False, sheet=False)


@register
class ConcealedWorkLedger(Ledger):
    model, slug, label, menu, order = ConcealedWork, "concealed-works", "隐蔽工程", "质量管理", 230
    family, icon = FAMILY, "eye-slash"
    intro = "隐蔽前通知监理、建设单位和主管部门；施工、监理双方影像齐全并验收合格后方可隐蔽。"
    create_roles = edit_roles = CONTRACTOR
    attach_roles = CONTRACTOR | SUPERVISOR
    importable = False
    columns = (
        Column("number", "编号", frozen=True),
        Column("section"),
        Column("part"),
        Column("stakes"),
        Column("content"),
        Column("planned_at"),
        Column("status", "状态"),
        Column("notified_on", listed=False),
        Column("accepted_on"),
        Column("covered_on"),
        Column("unseen_on", listed=False),
        Column("rules_text", "依据", source="rules.source_label", listed=False, sheet=False),
        DEMO,
    )
    groups = (("隐蔽工程", ("section", "part", "stakes", "content", "planned_at")),)
    fixed = ("section",)
    filters = (
        "status",
        "section",
        "section__project",
        "section__project__district",
        "accepted_on",
        "covered_on",
    )
    search = ("number", "part", "content", "stakes", "section__project__search_key", "section__code")
    related = ("rules",)
    detail_templates = ("quality/concealed.html",)

    def may_attach(self, record, user):
        # What is covered can no longer be looked at: its evidence stands as it is.
        return record.status != COVERED and super().may_attach(record, user)

    def may_void(self, record, file, user):
        # Nobody takes off what the other side has given.
        office = user.organization
        return self.may_attach(record, user) and office is not None and file.organization_name == office.name

    def more_context(self, record, user):
        counts = record.image_counts()
        images = SiteImage.objects.visible_to(user).filter(work=record).select_related("attachment")
        return {
            "site_images": images.order_by("-pk")[: PAGE // 4],
            "image_counts": [(side.label, counts.get(side.value, 0)) for side in Side],
            "may_add_images": side_of(record, user) is not None,
        }


@register
class SiteImageLedger(Ledger):
    model, slug, label, menu, order = SiteImage, "concealed-images", "隐蔽工程影像", "质量管理", 231
    family, icon = FAMILY, "images"
    intro = "影像在隐蔽工程页面上传，原样保存并计算校验值，不能替换；有误的作废并留痕。"
    importable = False
    columns = (
        Column("work", frozen=True),
        Column("section"),
        Column("place"),
        Column("side"),
        Column("taken_at"),
        Column("time_source"),
        Column("unit", "上传单位", source="attachment.organization_name"),
        Column("uploaded_at", "上传时间", source="attachment.at"),
        Column("sha256", "SHA-256", source="attachment.sha256", listed=False, sheet=False),
        Column("void_reason", "作废原因", source="attachment.void_reason", listed=False),
        DEMO,
    )
    filters = ("work", "section", "section__project", "side", "time_source", "taken_at")
    search = ("place", "work__number", "work__part", "section__code")
    related = ("attachment",)
    detail_templates = ("quality/site_image.html",)
