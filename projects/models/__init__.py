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
from .placed import AtObject, Numbered, Placed
from .project import OF_WORKS, WORKS, ObjectKind, Placement, Project
from .section import KeyPerson, Participation, Section
from .standard import Standard, StandardItem, StandardTable, StandardVersion
from .supervised import Enterprise, Route

__all__ = [
    "OF_WORKS",
    "WORKS",
    "Assessment",
    "AssessmentMark",
    "AssessmentResult",
    "AssessmentSchedule",
    "AssessmentVeto",
    "AtObject",
    "Candidacy",
    "Eligibility",
    "Enterprise",
    "KeyPerson",
    "Numbered",
    "ObjectKind",
    "OwedDocument",
    "Participation",
    "Placed",
    "Placement",
    "Project",
    "Route",
    "Scheme",
    "Section",
    "SpotCheckDraw",
    "Standard",
    "StandardItem",
    "StandardTable",
    "StandardVersion",
]
