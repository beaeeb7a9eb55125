"""One module for each family of ledgers."""

from .conduct import (
    BranchGrade,
    CheckResult,
    EducationKind,
    EducationPush,
    EducationRecord,
    IntegrityContract,
    PartyBranch,
    Phase,
    RiskLevel,
    RiskPoint,
)
from .control import Control, ControlQuestion
from .reporting import Category, Channel, ConductReport
from .service import Satisfaction, ServiceProblem, ServiceVisit
from .survey import QuestionKind, Survey, SurveyQuestion, SurveyRemark, SurveyTally

__all__ = [
    "BranchGrade",
    "Category",
    "Channel",
    "CheckResult",
    "ConductReport",
    "Control",
    "ControlQuestion",
    "EducationKind",
    "EducationPush",
    "EducationRecord",
    "IntegrityContract",
    "PartyBranch",
    "Phase",
    "QuestionKind",
    "RiskLevel",
    "RiskPoint",
    "Satisfaction",
    "ServiceProblem",
    "ServiceVisit",
    "Survey",
    "SurveyQuestion",
    "SurveyRemark",
    "SurveyTally",
]
