"""One module for each family of ledgers."""

from .credit import CreditOrigin, CreditSubject, CreditUnit, ExternalGrade
from .credit_evaluation import CreditEvaluation, CreditListing, CreditProposal, InspectionAdvice
from .credit_record import CreditAppeal, CreditRecord, CreditRepair

__all__ = [
    "CreditAppeal",
    "CreditEvaluation",
    "CreditListing",
    "CreditOrigin",
    "CreditProposal",
    "CreditRecord",
    "CreditRepair",
    "CreditSubject",
    "CreditUnit",
    "ExternalGrade",
    "InspectionAdvice",
]
