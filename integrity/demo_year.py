"""What the plan makes of the demonstration: duties, campaigns, the appraisal, and how far they have come. By its
name the last part of the last room, since it counts what all the others laid down."""

from __future__ import annotations

from django.core.files.base import ContentFile
from django.utils import timezone

from projects.loading.demo.sheet import demo_pdf
from supervision.flows import records
from supervision.flows.history import Actor
from supervision.flows.perform import perform
from supervision.papers.services import attach
from supervision.people.models import User
from supervision.plan import demo_duties
from supervision.plan.campaigns import looking, problems
from supervision.plan.demo_duties import BATCH, LABEL
from supervision.plan.models import (
    Appraisal,
    AppraisalObjection,
    Campaign,
    CampaignMeasure,
    CampaignReport,
    LookBack,
)

__all__ = ["LABEL", "load"]

PEOPLE = ("staff", "county", "centre", "inspector")
# Appraised units whose sheets lie with them, besides those of the demonstration's own people.
MORE_SENT = 2


def load() -> int:
    made = demo_duties.load()
    if made:
        people = {user.username: user for user in User.objects.filter(is_demo=True, username__in=PEOPLE)}
        if set(PEOPLE) - set(people):
            return made
        actors = {name: Actor.of(user, "command").in_batch(BATCH) for name, user in people.items()}
        made += _campaigns(people, actors) + _appraisals(people, actors)
    return made


def _campaigns(people: dict[str, User], actors: dict[str, Actor]) -> int:
    """The old campaign is evaluated; of this year's one measure is done, one report handed in, one problem looked
    at again."""
    today, staff = timezone.localdate(), actors["staff"]
    for campaign in Campaign.objects.filter(is_demo=True, status="running", until__lt=today):
        perform(campaign, "evaluate", staff, {"conclusion": "演示：三年行动任务完成，长效机制基本建立。"})
    campaign = Campaign.objects.filter(is_demo=True, status="running").order_by("-since").first()
    if campaign is None:
        return 0
    measure = CampaignMeasure.objects.filter(campaign=campaign, status="doing").order_by("pk").first()
    if measure:
        perform(measure, "finish", staff, {"done_on": today, "paper": "演示文件"})
    own = CampaignReport.objects.filter(campaign=campaign, status="owed")
    report = own.filter(organization=people["county"].organization).order_by("due_by").first()
    if report:
        attach(report, ContentFile(demo_pdf("报送材料"), name="报送材料.pdf"), "报送材料", actors["county"])
        perform(report, "hand_in", actors["county"], {"words": "演示：排查整改情况及长效措施见附件。"})
    feed = problems.find("hidden-dangers")
    drawn = looking.draw(campaign, feed, 2, staff) if feed else 0
    look = LookBack.objects.filter(campaign=campaign).order_by("pk").first()
    if look:
        facts = {
            "looked_on": today,
            "lookers": "演示·吴监督",
            "result": "held",
            "words": "演示：防护设施完好，未反弹。",
        }
        perform(look, "look", actors["inspector"], facts)
    return drawn


def _appraisals(people: dict[str, User], actors: dict[str, Actor]) -> int:
    """The centre agreed and is fixed, the county objects, two more have theirs to read; the rest are drafts."""
    staff = actors["staff"]
    drafts = Appraisal.objects.filter(status="draft", scheme__year=timezone.localdate().year)
    own = {
        name: drafts.filter(organization=people[name].organization).first() for name in ("county", "centre")
    }
    others = drafts.exclude(pk__in=[sheet.pk for sheet in own.values() if sheet])
    for sheet in others.exclude(grade="none").order_by("organization")[:MORE_SENT]:
        perform(sheet, "send", staff)
    sent = {name: perform(sheet, "send", staff) for name, sheet in own.items() if sheet}
    if "centre" in sent:
        agreed = perform(sent["centre"], "agree", actors["centre"])
        perform(agreed, "fix", staff)
    if "county" not in sent:
        return 0
    objection = AppraisalObjection(
        appraisal=sent["county"], words="演示：有一项履职已按期开展，会议纪要随后补登，请核对。"
    )
    records.create(objection, actors["county"])
    return 1
