"""One module for each family of ledgers."""

from .collusion import CollusionQuestion, CollusionSign, TenderDocumentCheck
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
from .contact import ContactPoint, Experience, MeetingShow, Publicity, WorkMeeting
from .control import Control, ControlQuestion
from .credit import CreditOrigin, CreditSubject, CreditUnit, ExternalGrade
from .credit_evaluation import CreditEvaluation, CreditListing, CreditProposal, InspectionAdvice
from .credit_record import CreditAppeal, CreditRecord, CreditRepair
from .expert import ExpertConduct, TenderExpert
from .fund import AllocationKind, FundAdjustment, FundAllocation, FundBudget, FundMonth
from .fund_review import FundCircular, FundEvaluation, FundFinding, FundProposal
from .objection import ComplaintOutcome, TenderComplaint, TenderObjection
from .performance import PerformanceCheck, PerformanceDraw, PerformanceMark
from .reporting import Category, Channel, ConductReport
from .service import Satisfaction, ServiceProblem, ServiceVisit
from .subcontract import NegativeItem, Subcontract, SubcontractPayment
from .survey import QuestionKind, Survey, SurveyQuestion, SurveyRemark, SurveyTally
from .tendering import Capacity, CommitteeMember, Tender, TenderBid
from .wage import WageAccount, WageComplaint, WageMonth

__all__ = [
    "AllocationKind",
    "BranchGrade",
    "Capacity",
    "Category",
    "Channel",
    "CheckResult",
    "CollusionQuestion",
    "CollusionSign",
    "CommitteeMember",
    "ComplaintOutcome",
    "ConductReport",
    "ContactPoint",
    "Control",
    "ControlQuestion",
    "CreditAppeal",
    "CreditEvaluation",
    "CreditListing",
    "CreditOrigin",
    "CreditProposal",
    "CreditRecord",
    "CreditRepair",
    "CreditSubject",
    "CreditUnit",
    "EducationKind",
    "EducationPush",
    "EducationRecord",
    "Experience",
    "ExpertConduct",
    "ExternalGrade",
    "FundAdjustment",
    "FundAllocation",
    "FundBudget",
    "FundCircular",
    "FundEvaluation",
    "FundFinding",
    "FundMonth",
    "FundProposal",
    "InspectionAdvice",
    "IntegrityContract",
    "MeetingShow",
    "NegativeItem",
    "PartyBranch",
    "PerformanceCheck",
    "PerformanceDraw",
    "PerformanceMark",
    "Phase",
    "Publicity",
    "QuestionKind",
    "RiskLevel",
    "RiskPoint",
    "Satisfaction",
    "ServiceProblem",
    "ServiceVisit",
    "Subcontract",
    "SubcontractPayment",
    "Survey",
    "SurveyQuestion",
    "SurveyRemark",
    "SurveyTally",
    "Tender",
    "TenderBid",
    "TenderComplaint",
    "TenderDocumentCheck",
    "TenderExpert",
    "TenderObjection",
    "WageAccount",
    "WageComplaint",
    "WageMonth",
    "WorkMeeting",
]
