"""Hidden dangers in campaigns: they feed the list of problems, and one that came back is raised anew."""

from __future__ import annotations

from projects import findings
from projects.findings import Finding
from supervision.flows.history import Actor
from supervision.plan.campaigns.problems import feed
from supervision.plan.models import LookBack

from .models import HiddenDanger
from .services import raise_danger

LABEL = "plan.lookback"


def again(danger: HiddenDanger, look: LookBack, actor: Actor) -> HiddenDanger:
    found = Finding(
        label=LABEL,
        id=look.pk,
        project=danger.project,
        section=danger.section,
        part=danger.part,
        stakes=danger.stakes,
        description=f"回头看发现{danger.number}号隐患反弹：{look.words}",
        clause=danger.clause,
        category=danger.category,
        found_on=look.looked_on,
        is_demo=danger.is_demo,
    )
    return raise_danger(found, actor)


def origin(pk: int, user) -> tuple[str, str] | None:
    from supervision.ledgers.registry import get

    look = get("look-backs").queryset(user).filter(pk=pk).first()
    return (str(look), get("look-backs").record_url(pk)) if look else None


feed("hidden-dangers", found="danger.found", open_="danger.open", again=again)
findings.origins[LABEL] = findings.Origin("回头看", origin)
