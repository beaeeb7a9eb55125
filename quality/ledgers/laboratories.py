"""The ledgers of laboratories: who may test what until when, with which equipment."""

from __future__ import annotations

from typing import Any

from django.db import models

from supervision.flows.errors import NotAllowed
from supervision.ledgers.columns import Column
from supervision.ledgers.ledger import Ledger, Panel
from supervision.ledgers.registry import register
from supervision.ledgers.words import WordKind
from supervision.people.models import AUTHORITY_ROLES, Role, User

from ..models import Authorisation, Calibration, Equipment, Laboratory
from ..rules import parameters

REGISTRARS = AUTHORITY_ROLES | {Role.INSPECTOR}
UNITS = frozenset({Role.OWNER, Role.CONTRACTOR, Role.SUPERVISOR, Role.LABORATORY})
FAMILY = "试验检测"


def works_for(user: User, laboratory: Laboratory) -> bool:
    """Whether the person belongs to the unit that keeps the laboratory."""
    paths = [membership.organization.path for membership in user.active_memberships]
    return any(laboratory.organization.path.startswith(path) for path in paths)


class OfLaboratory(Ledger):
    """What hangs on a laboratory. Everybody reads the institutions, so seeing one is not enough to write for it:
    its own people do, and those who keep the register."""

    def laboratory_of(self, record: Any) -> Laboratory:
        return record.laboratory

    def may_write(self, record: models.Model, user: User) -> bool:
        return bool(user.roles & REGISTRARS) or works_for(user, self.laboratory_of(record))

    def check_reach(self, saved: list[models.Model], user: User) -> None:
        super().check_reach(saved, user)
        for record in saved:
            if not self.may_write(record, user):
                raise NotAllowed(f"您不是{self.laboratory_of(record)}的人员，不能登记{self.label}。")


@register
class LaboratoryLedger(Ledger):
    model = Laboratory
    slug = "laboratories"
    label = "检测机构与工地试验室"
    menu = "质量管理"
    order = 350
    family = FAMILY
    icon = "eyedropper"
    intro = "母体检测机构由主管部门登记；工地试验室由参建单位申报，备案后登记授权参数。"
    create_roles = edit_roles = REGISTRARS | UNITS
    attach_roles = REGISTRARS | UNITS
    columns = (
        Column("name", frozen=True),
        Column("organization"),
        Column("parent"),
        Column("section"),
        Column("status", "状态"),
        Column("certificate", listed=False),
        Column("grade"),
        Column("since", listed=False),
        Column("until"),
        Column("head", listed=False),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (
        ("试验室", ("name", "organization", "parent", "section", "head")),
        ("资质（授权）", ("certificate", "grade", "since", "until")),
    )
    fixed = ("parent", "section")
    key = ("name",)
    related = ("parent", "section__project", "organization")
    filters = ("status", "parent", "section", "section__project", "until")
    search = ("name", "certificate", "organization__name")
    panels = (
        Panel("authorisations", "laboratory", columns=("parameter", "since", "until", "basis"), rows=30),
        Panel("test-equipment", "laboratory", columns=("code", "name", "valid_until", "calibration_state")),
        Panel("data-questions", "laboratory", columns=("number", "kind", "status", "facts")),
    )

    def may_edit(self, record, user):
        return super().may_edit(record, user) and (record.is_site or bool(user.roles & REGISTRARS))

    def may_attach(self, record, user):
        return super().may_attach(record, user) and (record.is_site or bool(user.roles & REGISTRARS))

    def check_reach(self, saved, user):
        super().check_reach(saved, user)
        if not user.roles & REGISTRARS and not all(record.is_site for record in saved):
            raise NotAllowed("母体检测机构由主管部门登记；工地试验室请选择母体检测机构和标段。")


@register
class AuthorisationLedger(OfLaboratory):
    model = Authorisation
    slug = "authorisations"
    label = "授权参数"
    menu = "质量管理"
    order = 352
    family = FAMILY
    icon = "card-checklist"
    intro = "由主管部门登记；工地试验室的参数不得超出母体检测机构的授权。变更的填写截止日期并另行登记。"
    create_roles = edit_roles = REGISTRARS
    columns = (
        Column("laboratory", frozen=True),
        Column("parameter", kind=WordKind(parameters)),
        Column("since"),
        Column("until"),
        Column("basis", listed=False),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (("授权", ("laboratory", "parameter", "since", "until", "basis")),)
    fixed = ("laboratory", "parameter", "since")
    key = ("laboratory", "parameter", "since")
    filters = ("laboratory", "parameter", "until")
    search = ("laboratory__name", "parameter")


@register
class EquipmentLedger(OfLaboratory):
    model = Equipment
    slug = "test-equipment"
    label = "仪器设备"
    menu = "质量管理"
    order = 354
    family = FAMILY
    icon = "tools"
    intro = "校准有效期取自检定校准证书；到期前30日、7日和当日提醒试验室人员。"
    create_roles = edit_roles = REGISTRARS | {Role.LABORATORY}
    columns = (
        Column("laboratory"),
        Column("code", frozen=True),
        Column("name"),
        Column("maker", listed=False),
        Column("valid_until"),
        Column("calibration_state", "校准状态", source="calibration_state", sheet=False),
        Column("retired_on", listed=False),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (("设备", ("laboratory", "code", "name", "maker", "retired_on")),)
    fixed = ("laboratory", "code")
    key = ("laboratory", "code")
    filters = ("laboratory", "valid_until", "retired_on")
    search = ("code", "name", "laboratory__name")
    panels = (
        Panel(
            "calibrations",
            "equipment",
            columns=("certificate", "agency", "calibrated_on", "valid_until", "result"),
        ),
    )


@register
class CalibrationLedger(OfLaboratory):
    model = Calibration
    slug = "calibrations"
    label = "检定校准"
    menu = "质量管理"
    order = 356
    family = FAMILY
    icon = "speedometer"
    intro = "登记后不修改；有误的另行登记正确的证书。"
    create_roles = REGISTRARS | {Role.LABORATORY}
    attach_roles = REGISTRARS | {Role.LABORATORY}
    columns = (
        Column("equipment", frozen=True),
        Column("laboratory_name", "试验室", source="equipment.laboratory.name", sheet=False),
        Column("certificate"),
        Column("agency"),
        Column("calibrated_on"),
        Column("valid_until"),
        Column("result"),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (("证书", ("equipment", "certificate", "agency", "calibrated_on", "valid_until", "result")),)
    key = ("equipment", "certificate")
    filters = ("equipment", "equipment__laboratory", "result", "valid_until")
    search = ("certificate", "equipment__code", "equipment__name")

    def laboratory_of(self, record):
        return record.equipment.laboratory
