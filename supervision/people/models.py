"""Organisations, persons and their roles."""

from __future__ import annotations

from functools import cached_property
from operator import attrgetter

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import check_password
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone

from supervision.rules.names import name_key, names_key
from supervision.rules.uscc import validate_uscc

from .records import Record
from .scope import NOTHING, Reach, Scoped, ScopedQuerySet, under


class District(Scoped):
    """A county or district with its administrative code (GB/T 2260), or a zone without one."""

    scope_public = True
    few = True

    code = models.CharField("行政区划代码", max_length=6, blank=True)
    name = models.CharField("名称", max_length=40, unique=True)
    is_zone = models.BooleanField("功能区", default=False)
    order = models.PositiveSmallIntegerField("排序", default=0)

    class Meta:
        ordering = ["order", "pk"]
        verbose_name = "县区"

    def __str__(self) -> str:
        return self.name


class OrganizationKind(models.TextChoices):
    BUREAU = "bureau", "市局"
    OFFICE = "office", "市局处室"
    ENFORCEMENT = "enforcement", "执法支队"
    CENTRE = "centre", "事业发展中心"
    COUNTY = "county", "县区局"
    ZONE = "zone", "功能区部门"
    GROUP = "group", "市属集团"
    OWNER = "owner", "建设单位"
    CONTRACTOR = "contractor", "施工单位"
    SUPERVISOR = "supervisor", "监理单位"
    DESIGNER = "designer", "设计单位"
    LABORATORY = "laboratory", "检测单位"
    CARRIER = "carrier", "道路运输企业"
    SHIPPING = "shipping", "水路运输企业"
    PORT = "port", "港口企业"
    TRANSIT = "transit", "城市公共交通企业"
    METRO = "metro", "轨道交通企业"
    PLATFORM = "platform", "新业态企业"
    KEEPER = "keeper", "公路航道管养单位"
    SERVICE_BODY = "service_body", "安全生产技术服务机构"


class Sector(models.TextChoices):
    """Modes of works, and the sectors in which enterprises and routes are supervised; a centre supervises one."""

    HIGHWAY = "highway", "公路"
    WATERWAY = "waterway", "水运"
    RAILWAY = "railway", "铁路"
    HUB = "hub", "客货枢纽"
    OTHER = "other", "其他"
    ROAD_TRANSPORT = "road_transport", "道路运输"
    WATER_TRANSPORT = "water_transport", "水上交通"
    PORT = "port", "港口"
    TRANSIT = "transit", "城市公共交通"
    METRO = "metro", "轨道交通"
    INFRASTRUCTURE = "infrastructure", "交通基础设施"
    FIRE = "fire", "消防"
    NEW = "new", "新业态"


# 交通工程建设: the modes in which there are works. The others have no works, and enterprises or routes instead.
WORKS_SECTORS = ("highway", "waterway", "railway", "hub", "other")
OBJECT_SECTORS = tuple(code for code in Sector.values if code not in WORKS_SECTORS)


class Organization(Record):
    """An authority or a project unit, in a tree with a materialised path ("1/5/")."""

    # Who exists and under which credit code is public register information; editing is by role.
    scope_public = True
    unrecorded_fields = Record.unrecorded_fields | {"search_key", "path"}

    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, verbose_name="上级单位", related_name="children"
    )
    path = models.CharField(max_length=200, editable=False, db_index=True, default="")
    name = models.CharField("单位名称", max_length=120, unique=True)
    short_name = models.CharField("简称", max_length=60, blank=True)
    kind = models.CharField("单位类别", max_length=20, choices=OrganizationKind.choices)
    uscc = models.CharField("统一社会信用代码", max_length=18, blank=True, validators=[validate_uscc])
    district = models.ForeignKey(District, models.PROTECT, null=True, blank=True, verbose_name="所属县区")
    sector = models.CharField(
        "主管领域", max_length=20, choices=Sector.choices, blank=True, help_text="事业发展中心按领域查看项目"
    )
    aliases = models.JSONField("别名", default=list, blank=True)
    former_names = models.JSONField("曾用名", default=list, blank=True, editable=False)
    contact = models.CharField("联系人", max_length=40, blank=True)
    phone = models.CharField("联系电话", max_length=40, blank=True)
    is_active = models.BooleanField("启用", default=True)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)
    search_key = models.TextField(editable=False, default="")

    class Meta:
        ordering = ["name"]
        verbose_name = "单位"
        constraints = [
            models.UniqueConstraint(
                fields=["uscc"],
                condition=~Q(uscc=""),
                name="people_organization_uscc",
                violation_error_message="统一社会信用代码已被另一单位使用。",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        self.uscc = (self.uscc or "").strip().upper()
        if self.kind == OrganizationKind.CENTRE and not self.sector:
            raise ValidationError({"sector": "事业发展中心须填写主管领域。"})
        if self.kind in (OrganizationKind.COUNTY, OrganizationKind.ZONE) and not self.district_id:
            raise ValidationError({"district": "县区局、功能区部门须填写所属县区。"})
        if self.parent_id and self.pk and (self.parent.path or "").startswith(self.path):
            raise ValidationError({"parent": "上级单位不能是本单位或其下级单位。"})
        for name in [self.name, self.short_name, *self.aliases]:
            key = name_key(name or "")
            if not key:
                continue
            twin = Organization.objects.filter(search_key__contains=f"|{key}|").exclude(pk=self.pk).first()
            if twin:
                raise ValidationError({"name": f"名称“{name}”与单位“{twin.name}”的名称或别名相同。"})

    def before_update(self, before: dict) -> None:
        if "name" in before and before["name"] != self.name:
            until = timezone.localdate().isoformat()
            self.former_names = [*self.former_names, {"name": before["name"], "until": until}]

    def save(self, *args, **kwargs):
        known = [self.short_name, *self.aliases, *(former["name"] for former in self.former_names)]
        self.search_key = names_key(self.name, [name for name in known if name])
        old_path = self.path
        super().save(*args, **kwargs)
        path = f"{self.parent.path if self.parent_id else ''}{self.pk}/"
        if path != old_path:
            self.path = path
            models.Model.save(self, update_fields=["path"])
            if old_path:
                for child in self.children.all():
                    child.save(update_fields=["path"])


class Role(models.TextChoices):
    SYSTEM_ADMIN = "system_admin", "系统管理员"
    SECURITY_ADMIN = "security_admin", "安全管理员"
    AUDIT_ADMIN = "audit_admin", "审计管理员"
    BUREAU_STAFF = "bureau_staff", "市局业务人员"
    BUREAU_LEADER = "bureau_leader", "市局领导"
    INSPECTOR = "inspector", "监督检查人员"
    CENTRE_STAFF = "centre_staff", "事业中心人员"
    COUNTY_STAFF = "county_staff", "县区主管部门人员"
    OWNER = "owner", "建设单位人员"
    CONTRACTOR = "contractor", "施工单位人员"
    SUPERVISOR = "supervisor", "监理单位人员"
    DESIGNER = "designer", "设计单位人员"
    LABORATORY = "laboratory", "检测单位人员"
    DISCIPLINE = "discipline", "纪检监督人员"
    ENTERPRISE = "enterprise", "企业、管养单位人员"


ADMIN_ROLES = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN})
PARTY_ROLES = frozenset(
    {Role.OWNER, Role.CONTRACTOR, Role.SUPERVISOR, Role.DESIGNER, Role.LABORATORY, Role.ENTERPRISE}
)
AUTHORITY_ROLES = frozenset({Role.BUREAU_STAFF, Role.CENTRE_STAFF, Role.COUNTY_STAFF})
BUSINESS_ROLES = frozenset(set(Role) - ADMIN_ROLES)
# Who reads business records: everybody in the business, and the audit administrator, who changes nothing.
READER_ROLES = BUSINESS_ROLES | {Role.AUDIT_ADMIN}

# Which kinds of organisation a role can be held in; a contractor cannot be made bureau staff by mistake.
ROLE_KINDS: dict[str, frozenset[str]] = {
    Role.SYSTEM_ADMIN: frozenset({"bureau", "office"}),
    Role.SECURITY_ADMIN: frozenset({"bureau", "office"}),
    Role.AUDIT_ADMIN: frozenset({"bureau", "office"}),
    Role.BUREAU_STAFF: frozenset({"bureau", "office"}),
    Role.BUREAU_LEADER: frozenset({"bureau", "office"}),
    Role.DISCIPLINE: frozenset({"bureau", "office"}),
    Role.INSPECTOR: frozenset({"bureau", "office", "enforcement", "county", "zone"}),
    Role.CENTRE_STAFF: frozenset({"centre"}),
    Role.COUNTY_STAFF: frozenset({"county", "zone"}),
    Role.OWNER: frozenset({"owner", "group", "centre", "county", "zone"}),
    Role.CONTRACTOR: frozenset({"contractor", "group"}),
    Role.SUPERVISOR: frozenset({"supervisor", "group"}),
    Role.DESIGNER: frozenset({"designer", "group"}),
    Role.LABORATORY: frozenset({"laboratory", "group"}),
    Role.ENTERPRISE: frozenset(
        {
            "carrier",
            "shipping",
            "port",
            "transit",
            "metro",
            "platform",
            "keeper",
            "group",
            "centre",
            "county",
            "zone",
        }
    ),
}


class UserManager(BaseUserManager.from_queryset(ScopedQuerySet)):
    def get_by_natural_key(self, username: str) -> User:
        return self.get(username=username)


class User(AbstractBaseUser, Record):
    """A person who signs in. Roles are memberships; a person without one sees nothing."""

    natural = ("username",)
    secret_fields = frozenset({"password"})
    unrecorded_fields = Record.unrecorded_fields | {"last_login", "last_totp_at"}

    username = models.CharField("登录名", max_length=60, unique=True)
    name = models.CharField("姓名", max_length=40)
    post = models.CharField("职务", max_length=60, blank=True)
    phone = models.CharField("手机", max_length=20, blank=True)
    is_active = models.BooleanField("启用", default=True)
    must_change_password = models.BooleanField("首次登录须改密码", default=True)
    password_changed_at = models.DateTimeField("密码更改时间", null=True, blank=True, editable=False)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    objects = UserManager()
    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        ordering = ["username"]
        verbose_name = "用户"

    def __str__(self) -> str:
        return self.name

    def get_full_name(self) -> str:
        return self.name

    def check_password(self, raw_password: str) -> bool:
        """Whether `raw_password` is this person's. Django's own would save a newer hash on the way, a write
        without history; passwords are changed often enough for new hash settings to come by themselves."""
        return check_password(raw_password, self.password)

    @classmethod
    def scope_q(cls, reach: Reach) -> Q:
        if reach.everything or reach.roles & {Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN}:
            return Q()
        colleagues = Membership._base_manager.filter(under(reach.offices, "organization__path"))
        return Q(pk=reach.user_id) | Q(pk__in=colleagues.values("user_id"))

    @cached_property
    def active_memberships(self) -> list[Membership]:
        """Today's memberships with their organisations; read once for the life of this object."""
        if not self.pk:
            return []
        # Asked by every request: in order of their entry, but not by the database, of one row or two.
        found = Membership.objects.current().filter(user_id=self.pk).order_by().select_related("organization")
        return sorted(found, key=attrgetter("pk"))

    @property
    def roles(self) -> frozenset[str]:
        return frozenset(m.role for m in self.active_memberships)

    @property
    def organization(self) -> Organization | None:
        """The organisation this person acts for: that of their first membership."""
        return self.active_memberships[0].organization if self.active_memberships else None

    def forget_scope(self) -> None:
        """Drop what was cached of memberships, after they changed within one request."""
        self.__dict__.pop("active_memberships", None)
        self.__dict__.pop("_reaches", None)


class MembershipQuerySet(ScopedQuerySet):
    def current(self):
        """Memberships in force today, of enabled organisations."""
        today = timezone.localdate()
        return self.filter(
            Q(until__isnull=True) | Q(until__gte=today), since__lte=today, organization__is_active=True
        )


class Membership(Record):
    """A role that a person holds in an organisation, for a time."""

    scope_through = "user"
    text_joins = ("user", "organization")

    user = models.ForeignKey(User, models.PROTECT, related_name="memberships", verbose_name="用户")
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="memberships", verbose_name="单位"
    )
    role = models.CharField("角色", max_length=20, choices=Role.choices)
    since = models.DateField("自", default=timezone.localdate)
    until = models.DateField("至", null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = "任职"
        constraints = [
            models.UniqueConstraint(
                fields=["user", "organization", "role", "since"],
                name="people_membership_once",
                violation_error_message="该用户自同一天起已有此任职。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user}（{self.organization} {self.get_role_display()}）"

    def clean(self) -> None:
        if self.until and self.since and self.until < self.since:
            raise ValidationError({"until": "结束日期早于开始日期。"})
        if self.organization_id and self.role and self.organization.kind not in ROLE_KINDS[self.role]:
            kind = self.organization.get_kind_display()
            raise ValidationError({"role": f"{kind}不能担任“{self.get_role_display()}”。"})
        if self.user_id and self.role:
            held = set(
                Membership.objects.current()
                .filter(user_id=self.user_id)
                .exclude(pk=self.pk)
                .values_list("role", flat=True)
            )
            if self.role in ADMIN_ROLES and held - {self.role}:
                raise ValidationError({"role": "三员分立：管理员不得兼任其他角色。"})
            if self.role not in ADMIN_ROLES and held & ADMIN_ROLES:
                raise ValidationError({"role": "三员分立：管理员不得兼任业务角色。"})


class SignIn(Scoped):
    """One attempt to sign in, or a sign-out: the security log."""

    at = models.DateTimeField("时间", auto_now_add=True, db_index=True)
    user = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, verbose_name="用户")
    username = models.CharField("登录名", max_length=60)
    outcome = models.CharField("结果", max_length=20)
    address = models.GenericIPAddressField("地址", null=True, blank=True)
    agent = models.CharField("浏览器", max_length=200, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "登录日志"

    @classmethod
    def scope_q(cls, reach: Reach) -> Q:
        if reach.roles & {Role.SECURITY_ADMIN, Role.AUDIT_ADMIN}:
            return Q()
        return Q(user_id=reach.user_id) if reach.user_id else NOTHING


class PasswordHistory(Scoped):
    """The hash of a password somebody used before; kept so that it is not chosen again."""

    user = models.ForeignKey(User, models.CASCADE, related_name="former_passwords", verbose_name="用户")
    password = models.CharField(max_length=128, editable=False)
    at = models.DateTimeField("停用时间", auto_now_add=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "曾用密码"

    @classmethod
    def scope_q(cls, reach: Reach) -> Q:
        return NOTHING  # hashes are compared by the password rules and read by nobody


# What is remembered of people without an account; Django looks for models here.
from .visitors.marks import VisitorMark  # noqa: E402, F401
