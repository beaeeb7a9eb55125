"""Hidden dangers in campaigns: they feed the list of problems, and one that came back is raised anew."""

from __future__ import annotations

from projects import findings
from supervision.flows.history import Actor
from supervision.plan.campaigns.problems import feed
from supervision.plan.models import LookBack

from .models import HiddenDanger
from .services import raise_danger


def again(danger: HiddenDanger, look: LookBack, actor: Actor) -> HiddenDanger:
    return raise_danger(findings.came_back(danger, look, "隐患"), actor)


def origin(pk: int, user) -> tuple[str, str] | None:
    from supervision.ledgers.registry import get

    look = get("look-backs").queryset(user).filter(pk=pk).first()
    return (str(look), get("look-backs").record_url(pk)) if look else None


feed("hidden-dangers", found="danger.found", open_="danger.open", again=again)
findings.origins[findings.LOOK_BACK] = findings.Origin("回头看", origin)
