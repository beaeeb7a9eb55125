"""Reply links: a signed address, bound to one danger and one unit, good until the danger is done with.

Nothing is stored for a link. It carries the danger, the unit and the link version of the record; raising that
version takes every link given so far back, and so does another responsible unit, a closed danger, or time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.core import signing
from django.urls import reverse

from supervision.flows import records
from supervision.flows.history import Actor
from supervision.flows.rectification import RECTIFYING, WITH_UNIT
from supervision.people.models import AUTHORITY_ROLES, Organization, Role, User

from .models import HiddenDanger

SALT = "safety.reply"
LONGEST = timedelta(days=180)
GIVERS = AUTHORITY_ROLES | {Role.INSPECTOR, Role.OWNER, Role.SUPERVISOR, Role.CONTRACTOR, Role.ENTERPRISE}


class BadLink(Exception):
    """The link does not open (any more); `message` says in Chinese what to do."""

    def __init__(self, message: str):
        super().__init__(message)
        self.message = message


@dataclass(frozen=True)
class LinkActor(Actor):
    """Somebody on site who came by a link: the name they gave, and the unit the link is bound to."""

    given_name: str = ""
    unit: str = ""

    @property
    def name(self) -> str:
        return f"{self.given_name or '现场人员'}（凭链接）"

    @property
    def organization_name(self) -> str:
        return self.unit


def may_give(danger: HiddenDanger, user: User) -> bool:
    """Whether there is a link to give, and this person may give it. Major dangers want a signed-in person."""
    return bool(
        danger.status in WITH_UNIT
        and not danger.is_major
        and danger.responsible_unit_id
        and user.roles & GIVERS
    )


def token_of(danger: HiddenDanger) -> str:
    return signing.dumps([danger.pk, danger.responsible_unit_id, danger.link_version], salt=SALT)


def reply_url(danger: HiddenDanger) -> str:
    """The link's path; put the portal's host before it on paper."""
    return reverse("reply", args=[token_of(danger)])


def read(token: str) -> tuple[HiddenDanger, Organization]:
    """The danger and unit of a link. Raises BadLink for one that is altered, foreign, revoked or expired."""
    altered = BadLink("链接无效，请核对通知书上的二维码或网址。")
    try:
        pk, unit, version = signing.loads(token, salt=SALT, max_age=LONGEST)
        danger = HiddenDanger.objects.select_related("responsible_unit", "project", "section__project").get(
            pk=pk
        )
    except signing.SignatureExpired:
        raise BadLink("链接已过期，请向监理单位或主管部门索取新的链接。") from None
    except (signing.BadSignature, ValueError, TypeError, HiddenDanger.DoesNotExist):
        raise altered from None
    if danger.responsible_unit_id != unit or danger.link_version != version:
        raise BadLink("链接已作废，请向监理单位或主管部门索取新的链接。")
    if danger.status not in WITH_UNIT:
        raise BadLink("该隐患现在不需要现场回复（已提交、已销号或已退出整改）。")
    return danger, danger.responsible_unit


def revoke(danger: HiddenDanger, actor: Actor) -> HiddenDanger:
    """Take back every link given so far; new ones can be given at once."""
    return records.update(
        danger, {"link_version": danger.link_version + 1}, actor, verb="revoke", label="作废回复链接"
    )


def takes_reply(danger: HiddenDanger) -> str:
    """Why a reply cannot be taken now, in Chinese; "" when it can."""
    if danger.is_major:
        return "重大隐患须由本单位人员登录平台办理。"
    if danger.status != RECTIFYING:
        return "延期申请审批中，暂不能回复。"
    return ""
