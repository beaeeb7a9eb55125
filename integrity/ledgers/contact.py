"""The ledgers of contact and service: contact points, meetings with the projects shown, experience, publicity."""

from __future__ import annotations

from supervision.ledgers.columns import Column
from supervision.ledgers.ledger import Ledger, Panel
from supervision.ledgers.registry import register
from supervision.people.models import AUTHORITY_ROLES, PARTY_ROLES, Role

from ..flows.contact import ORGANIZERS
from ..models import ContactPoint, Experience, MeetingShow, Publicity, WorkMeeting

MENU, FAMILY = "信用廉洁", "三服务"
DEMO = Column("is_demo", listed=False, sheet=False)
BUREAU = frozenset({Role.BUREAU_STAFF})
UNITS = AUTHORITY_ROLES | PARTY_ROLES


@register
class ContactPointLedger(Ledger):
    model, slug, label, menu, order = ContactPoint, "contact-points", "领导联系点", MENU, 426
    family, icon = FAMILY, "person-lines-fill"
    intro = "走访记在联系点下，收集的问题按“走访问题”交办；不要求打卡。"
    create_roles = edit_roles = attach_roles = BUREAU
    columns = (
        Column("office", frozen=True),
        Column("post"),
        Column("name"),
        Column("unit"),
        Column("project"),
        Column("since"),
        Column("until"),
        Column("task", listed=False, wide=True),
        DEMO,
    )
    key = ("office", "post", "unit", "since")
    filters = ("office", "unit", "project", "since", "until")
    search = ("post", "name", "unit__search_key", "project__search_key")
    ordering = ("-since", "-pk")
    panels = (
        Panel("service-visits", "point", columns=("number", "visited_on", "topic", "status", "satisfaction")),
    )


@register
class MeetingLedger(Ledger):
    model, slug, label, menu, order = WorkMeeting, "work-meetings", "推进观摩交流会", MENU, 434
    family, icon = FAMILY, "easel"
    create_roles = ORGANIZERS
    edit_roles = BUREAU
    importable = False
    columns = (
        Column("title", frozen=True),
        Column("kind"),
        Column("unit"),
        Column("planned_on"),
        Column("place"),
        Column("status", "状态"),
        Column("held_on", source="held_on"),
        Column("units", source="units"),
        Column("people", source="people"),
        Column("summary", source="summary", listed=False, wide=True),
        DEMO,
    )
    groups = (("会议", ("kind", "title", "planned_on", "place")),)
    filters = ("status", "kind", "unit", "planned_on", "held_on")
    search = ("title", "place", "unit__search_key")
    ordering = ("-planned_on", "-pk")
    panels = (Panel("meeting-shows", "meeting", columns=("project", "content")),)

    def prepare(self, record, user, new):
        # A meeting is announced in the name of one's own office.
        if new and user is not None:
            record.unit = user.organization


@register
class MeetingShowLedger(Ledger):
    model, slug, label = MeetingShow, "meeting-shows", "观摩项目"
    icon = "geo"
    findable = importable = False
    create_roles = edit_roles = BUREAU
    columns = (Column("meeting", frozen=True), Column("project"), Column("content"))
    fixed = ("meeting",)
    filters = ("meeting", "project", "meeting__kind")


@register
class ExperienceLedger(Ledger):
    model, slug, label, menu, order = Experience, "experiences", "经验做法", MENU, 436
    family, icon = FAMILY, "bookmark-star"
    create_roles = edit_roles = UNITS
    own, own_but = "unit", BUREAU
    importable = False
    columns = (
        Column("title", frozen=True),
        Column("kind"),
        Column("unit"),
        Column("project"),
        Column("status", "状态"),
        Column("content", listed=False, wide=True),
        Column("level", source="level"),
        Column("published_on"),
        Column("adopted_by", source="adopted_by", wide=True),
        DEMO,
    )
    groups = (("经验做法", ("unit", "title", "kind", "project", "content")),)
    filters = ("status", "kind", "level", "unit", "project", "published_on")
    search = ("title", "content", "unit__search_key", "project__search_key")


@register
class PublicityLedger(Ledger):
    model, slug, label, menu, order = Publicity, "publicity", "宣传报道", MENU, 438
    family, icon = FAMILY, "newspaper"
    create_roles = edit_roles = attach_roles = UNITS
    own, own_but = "unit", BUREAU
    columns = (
        Column("title", frozen=True, wide=True),
        Column("unit"),
        Column("medium"),
        Column("level"),
        Column("published_on"),
        Column("project"),
        Column("link", listed=False),
        DEMO,
    )
    key = ("unit", "title", "medium", "published_on")
    filters = ("level", "unit", "project", "published_on")
    search = ("title", "medium", "unit__search_key", "project__search_key")
    ordering = ("-published_on", "-pk")
