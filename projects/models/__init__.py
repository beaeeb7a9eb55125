from .assessment import (
    Assessment,
    AssessmentMark,
    AssessmentResult,
    AssessmentSchedule,
    AssessmentVeto,
    SpotCheckDraw,
)
from .candidacy import Candidacy, Eligibility, Scheme
from .owed import OwedDocument
from .placed import Numbered, Placed
from .project import Placement, Project
from .section import KeyPerson, Participation, Section
from .standard import Standard, StandardItem, StandardTable, StandardVersion

__all__ = [
    "Assessment",
    "AssessmentMark",
    "AssessmentResult",
    "AssessmentSchedule",
    "AssessmentVeto",
    "Candidacy",
    "Eligibility",
    "KeyPerson",
    "Numbered",
    "OwedDocument",
    "Participation",
    "Placed",
    "Placement",
    "Project",
    "Scheme",
    "Section",
    "SpotCheckDraw",
    "Standard",
    "StandardItem",
    "StandardTable",
    "StandardVersion",
]
