"""Quality defects in campaigns: they feed the list of problems, and one that came back is raised anew."""

from __future__ import annotations

from projects.findings import came_back
from supervision.flows.history import Actor
from supervision.plan.campaigns.problems import feed
from supervision.plan.models import LookBack

from .defects import raise_defect
from .models import QualityDefect


def again(defect: QualityDefect, look: LookBack, actor: Actor) -> QualityDefect:
    return raise_defect(came_back(defect, look, "缺陷"), actor)


feed("quality-defects", found="defect.found", open_="defect.open", again=again)
