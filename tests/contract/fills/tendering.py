"""Records of tendering and of the owners' marks."""

from datetime import date, timedelta

from django.utils import timezone

from integrity.models import (
    CollusionQuestion,
    CommitteeMember,
    ExpertConduct,
    PerformanceCheck,
    PerformanceDraw,
    PerformanceMark,
    Tender,
    TenderComplaint,
    TenderDocumentCheck,
    TenderExpert,
    TenderObjection,
)
from projects.models import Participation, Section
from supervision.flows import records
from tests.contract.world import COLUMN_OF, Side, Values, fills, make, makes, values_for
from tests.factories import COMMAND
from tests.tendering import MARKS

COLUMN_OF |= {
    Tender: "commissions",
    TenderExpert: "register",
    CollusionQuestion: "area",
    TenderComplaint: "area",
    TenderDocumentCheck: "area",
    PerformanceMark: "marked",
}


@fills(TenderExpert)
def _(side: Side, number: int, given: Values) -> Values:
    return {"register_no": f"ZJ-{number}", "years": 10, "senior": True}


@makes(Tender)
def _(side: Side, number: int) -> list:
    """Each with a committee; the same five sit in all."""
    experts = list(TenderExpert.objects.filter(register_no__startswith="COMMON-"))
    for at in range(len(experts), 5):
        experts.append(make(TenderExpert, side, register_no=f"COMMON-{at}"))
    made = records.create_many([Tender(**values_for(Tender, side)) for _ in range(number)], COMMAND)
    seats = [CommitteeMember(tender=row, expert=one) for row in made for one in experts]
    records.create_many(seats, COMMAND)
    return made


@fills(CommitteeMember)
def _(side: Side, number: int, given: Values) -> Values:
    expert = {} if "expert" in given else {"expert": make(TenderExpert, side)}
    return expert | {"of_authority": False}


@fills(TenderObjection)
def _(side: Side, number: int, given: Values) -> Values:
    return {"received_on": timezone.localdate() - timedelta(days=5)}


@fills(TenderComplaint)
def _(side: Side, number: int, given: Values) -> Values:
    today = timezone.localdate()
    return {"knew_on": today - timedelta(days=9), "received_on": today - timedelta(days=5)}


@fills(ExpertConduct)
def _(side: Side, number: int, given: Values) -> Values:
    return {"kind": "迟到"}


@fills(PerformanceMark)
def _(side: Side, number: int, given: Values) -> Values:
    # Of a section of its own, so that no two are of one section's period.
    place = {} if "section" in given else {"section": own_section(side)}
    facts = {"subject": "contractor", "kind": "year", "starts_on": date(1950 + number % 70, 1, 1)}
    return place | facts | {"marks": MARKS}


def own_section(side: Side) -> Section:
    section = make(Section, side)
    row = Participation(section=section, role="contractor", organization=side.offices["contractor"])
    row.since = date(2019, 1, 2)
    records.create(row, COMMAND)
    return section


@fills(PerformanceDraw)
def _(side: Side, number: int, given: Values) -> Values:
    mark = make(PerformanceMark, side)
    handed_in = {"status": "submitted", "submitted_on": date(2026, 1, 5)}
    records.update(mark, handed_in, COMMAND, clean=False)
    return {"kind": mark.kind, "starts_on": mark.starts_on, "size": 1}


@fills(PerformanceCheck)
def _(side: Side, number: int, given: Values) -> Values:
    # Seen so differently that the owner has something to explain.
    return {"seen": MARKS | {"质量管理": 10}, "checked_on": date(2026, 1, 8)}
