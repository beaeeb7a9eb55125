"""The portal's own ledgers: organisations, persons and their roles, history, sign-ins, jobs."""

from __future__ import annotations

from supervision.flows.models import Event, Seal
from supervision.jobs.drawing import progress_of
from supervision.jobs.models import JobRun
from supervision.ledgers.columns import Column, FormerKind, TextKind
from supervision.ledgers.ledger import Ledger, Panel
from supervision.ledgers.registry import register
from supervision.people.models import Membership, Organization, Role, SignIn, User

EVERYONE = frozenset(Role)
SYSTEM = frozenset({Role.SYSTEM_ADMIN})
SECURITY = frozenset({Role.SECURITY_ADMIN})
AUDIT = frozenset({Role.AUDIT_ADMIN})


@register
class OrganizationLedger(Ledger):
    model = Organization
    slug = "organizations"
    label = "单位"
    menu = "系统管理"
    order = 900
    icon = "building"
    view_roles = EVERYONE
    create_roles = SYSTEM | {Role.BUREAU_STAFF}
    edit_roles = SYSTEM | {Role.BUREAU_STAFF}
    columns = (
        Column("name", frozen=True),
        Column("short_name", listed=False),
        Column("kind"),
        Column("uscc"),
        Column("parent"),
        Column("district"),
        Column("sector", listed=False),
        Column("aliases", listed=False),
        Column("former_names", kind=FormerKind(), listed=False, sheet=False),
        Column("contact", listed=False),
        Column("phone", listed=False),
        Column("is_active"),
        Column("is_demo", listed=False, sheet=False),
    )
    key = ("name",)
    filters = ("kind", "district", "parent", "is_active", "is_demo")
    search = ("search_key", "uscc")
    ordering = ("name",)
    panels = (Panel("participations", "organization"), Panel("memberships", "organization"))


@register
class UserLedger(Ledger):
    model = User
    slug = "users"
    label = "用户"
    menu = "系统管理"
    order = 910
    icon = "person"
    intro = "系统管理员建账户，安全管理员授角色、重置密码，审计管理员查日志：三员互不兼任。"
    view_roles = SYSTEM | SECURITY | AUDIT
    create_roles = SYSTEM
    edit_roles = SYSTEM
    columns = (
        Column("username", frozen=True),
        Column("name"),
        Column("post"),
        Column("phone", listed=False),
        Column("is_active"),
        Column("must_change_password", sheet=False),
        Column("password_changed_at", sheet=False),
        Column("last_login", "最近登录", sheet=False),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (("", ("username", "name", "post", "phone", "is_active")),)
    key = ("username",)
    fixed = ("username",)
    filters = ("is_active", "must_change_password", "is_demo")
    search = ("username", "name")
    ordering = ("username",)
    panels = (Panel("memberships", "user"), Panel("sign-ins", "user"))
    detail_templates = ("desk/user_security.html",)

    def prepare(self, record, user, new):
        if new and not record.password:
            # Nobody signs in with it: the security administrator gives the first password.
            record.set_unusable_password()

    def more_context(self, record, user):
        return {"may_reset": bool(user.roles & SECURITY)}


@register
class MembershipLedger(Ledger):
    model = Membership
    slug = "memberships"
    label = "任职与角色"
    menu = "系统管理"
    order = 920
    icon = "person-lock"
    view_roles = SYSTEM | SECURITY | AUDIT
    create_roles = SECURITY
    edit_roles = SECURITY
    columns = (
        Column("user", frozen=True),
        Column("organization"),
        Column("role"),
        Column("since"),
        Column("until"),
    )
    key = ("user", "organization", "role", "since")
    fixed = ("user", "organization", "role")
    filters = ("user", "organization", "role")
    search = ("user__username", "user__name", "organization__search_key")


class ReadOnly(Ledger):
    """A ledger the portal writes by itself: nobody adds or changes rows."""

    importable = False
    ordering = ("-pk",)


@register
class EventLedger(ReadOnly):
    model = Event
    slug = "events"
    label = "操作日志"
    menu = "系统管理"
    order = 930
    icon = "clock-history"
    view_roles = AUDIT | {Role.DISCIPLINE, Role.BUREAU_STAFF, Role.BUREAU_LEADER}
    columns = (
        Column("at"),
        Column("title", frozen=True),
        Column("label"),
        Column("actor_name"),
        Column("organization_name"),
        Column("reason"),
        Column("source"),
        Column("model", listed=False),
        Column("object_id", listed=False),
        Column("seq", listed=False),
        Column("batch", listed=False),
        Column("hash", listed=False, kind=TextKind()),
    )
    filters = ("model", "object_id", "actor", "source", "at")
    search = ("title", "actor_name", "reason")


@register
class SealLedger(ReadOnly):
    model = Seal
    slug = "seals"
    label = "历史封存"
    menu = "系统管理"
    order = 931
    icon = "lock"
    view_roles = AUDIT
    ordering = ("-day",)
    columns = (Column("day"), Column("digest"), Column("hash"), Column("made_at"))
    filters = ("day",)


@register
class SignInLedger(ReadOnly):
    model = SignIn
    slug = "sign-ins"
    label = "登录日志"
    menu = "系统管理"
    order = 940
    icon = "door-open"
    view_roles = AUDIT | SECURITY
    columns = (
        Column("at"),
        Column("username", frozen=True),
        Column("user", "姓名"),
        Column("outcome"),
        Column("address"),
        Column("agent", listed=False),
    )
    filters = ("outcome", "user", "at")
    search = ("username", "address")


@register
class JobLedger(ReadOnly):
    model = JobRun
    slug = "jobs"
    label = "后台任务"
    menu = "系统管理"
    order = 950
    icon = "cpu"
    view_roles = EVERYONE
    columns = (
        Column("label", frozen=True),
        Column("state"),
        Column("done"),
        Column("total"),
        Column("message"),
        Column("error"),
        Column("created_by"),
        Column("created_at"),
        Column("started_at", listed=False),
        Column("finished_at"),
        Column("attempts", listed=False),
    )
    filters = ("state", "kind", "created_at")
    search = ("label", "message")
    detail_templates = ("desk/job.html",)

    def more_context(self, record, user):
        return {"job": progress_of(record, result=True)}
