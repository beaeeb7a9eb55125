from .acceptance import (
    Completion,
    Handover,
    HandoverProblem,
    Registration,
    ScoredItem,
    ScoredPart,
    ScoreSheet,
)
from .concealed import ConcealedWork, SiteImage
from .defect import DefectGrade, DefectSource, DefectSpan, QualityDefect
from .design import DesignFinding, DesignReview
from .division import Division, Standing
from .durability import DurabilityCheck
from .evaluation import Evaluation, Measurement
from .first_article import Batch, FirstArticle, FirstArticleCheck, FirstArticleResult
from .green import CrewStatement, GreenAnswer, GreenCheck
from .incident import QualityIncident
from .innovation import Innovation, InnovationScore, KeyTask, PublishedInnovation, WorkSummary
from .laboratory import Authorisation, Calibration, Equipment, Laboratory
from .material import MaterialBatch, MaterialUse, Supplier, SupplierAssessment
from .responsibility import DutyEntry, ResponsiblePerson, ResponsibleUnit
from .schemes import ConstructionScheme, KeyPoint
from .testing import DataQuestion, DigitCount, Sample, Test

__all__ = [
    "Authorisation",
    "Batch",
    "Calibration",
    "Completion",
    "ConcealedWork",
    "ConstructionScheme",
    "CrewStatement",
    "DataQuestion",
    "DefectGrade",
    "DefectSource",
    "DefectSpan",
    "DesignFinding",
    "DesignReview",
    "DigitCount",
    "Division",
    "DurabilityCheck",
    "DutyEntry",
    "Equipment",
    "Evaluation",
    "FirstArticle",
    "FirstArticleCheck",
    "FirstArticleResult",
    "GreenAnswer",
    "GreenCheck",
    "Handover",
    "HandoverProblem",
    "Innovation",
    "InnovationScore",
    "KeyPoint",
    "KeyTask",
    "Laboratory",
    "MaterialBatch",
    "MaterialUse",
    "Measurement",
    "PublishedInnovation",
    "QualityDefect",
    "QualityIncident",
    "Registration",
    "ResponsiblePerson",
    "ResponsibleUnit",
    "Sample",
    "ScoreSheet",
    "ScoredItem",
    "ScoredPart",
    "SiteImage",
    "Standing",
    "Supplier",
    "SupplierAssessment",
    "Test",
    "WorkSummary",
]
