"""Quality defects in campaigns: they feed the list of problems, and one that came back is raised anew."""

from __future__ import annotations

from projects.findings import Finding
from supervision.flows.history import Actor
from supervision.plan.campaigns.problems import feed
from supervision.plan.models import LookBack

from .defects import raise_defect
from .models import QualityDefect


def again(defect: QualityDefect, look: LookBack, actor: Actor) -> QualityDefect:
    found = Finding(
        label="plan.lookback",
        id=look.pk,
        project=defect.project,
        section=defect.section,
        part=defect.part,
        stakes=defect.stakes,
        description=f"回头看发现{defect.number}号缺陷反弹：{look.words}",
        clause=defect.clause,
        category=defect.category,
        found_on=look.looked_on,
        is_demo=defect.is_demo,
    )
    return raise_defect(found, actor)


feed("quality-defects", found="defect.found", open_="defect.open", again=again)
