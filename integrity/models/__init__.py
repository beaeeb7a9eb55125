"""One module for each family of ledgers."""

from .collusion import CollusionQuestion, CollusionSign, TenderDocumentCheck
from .expert import ExpertConduct, TenderExpert
from .fund import AllocationKind, FundAdjustment, FundAllocation, FundBudget, FundMonth
from .fund_review import FundCircular, FundEvaluation, FundFinding, FundProposal
from .objection import ComplaintOutcome, TenderComplaint, TenderObjection
from .performance import PerformanceCheck, PerformanceDraw, PerformanceMark
from .subcontract import NegativeItem, Subcontract, SubcontractPayment
from .tendering import Capacity, CommitteeMember, Tender, TenderBid
from .wage import WageAccount, WageComplaint, WageMonth

__all__ = [
    "AllocationKind",
    "Capacity",
    "CollusionQuestion",
    "CollusionSign",
    "CommitteeMember",
    "ComplaintOutcome",
    "ExpertConduct",
    "FundAdjustment",
    "FundAllocation",
    "FundBudget",
    "FundCircular",
    "FundEvaluation",
    "FundFinding",
    "FundMonth",
    "FundProposal",
    "NegativeItem",
    "PerformanceCheck",
    "PerformanceDraw",
    "PerformanceMark",
    "Subcontract",
    "SubcontractPayment",
    "Tender",
    "TenderBid",
    "TenderComplaint",
    "TenderDocumentCheck",
    "TenderExpert",
    "TenderObjection",
    "WageAccount",
    "WageComplaint",
    "WageMonth",
]
