from .appraisal import Appraisal, AppraisalItem, AppraisalObjection, AppraisalScheme
from .campaign import (
    Campaign,
    CampaignChoice,
    CampaignFigure,
    CampaignMeasure,
    CampaignPhase,
    CampaignReport,
    LookBack,
)
from .duty import Duty, DutyBinding, DutyDue, Fulfilment, Per, UnitTerm
from .figures import ComplianceRun, Dimension, MemberList, Snapshot
from .notice import ItemKind, ItemState, NameRole, NoticeDraft, NoticeItem, NoticeName
from .plan import Period, Plan, Target, TargetGroup, TargetKind, Task, TaskGroup, TaskUnit, UnitRole

__all__ = [
    "Appraisal",
    "AppraisalItem",
    "AppraisalObjection",
    "AppraisalScheme",
    "Campaign",
    "CampaignChoice",
    "CampaignFigure",
    "CampaignMeasure",
    "CampaignPhase",
    "CampaignReport",
    "ComplianceRun",
    "Dimension",
    "Duty",
    "DutyBinding",
    "DutyDue",
    "Fulfilment",
    "ItemKind",
    "ItemState",
    "LookBack",
    "MemberList",
    "NameRole",
    "NoticeDraft",
    "NoticeItem",
    "NoticeName",
    "Per",
    "Period",
    "Plan",
    "Snapshot",
    "Target",
    "TargetGroup",
    "TargetKind",
    "Task",
    "TaskGroup",
    "TaskUnit",
    "UnitRole",
    "UnitTerm",
]
