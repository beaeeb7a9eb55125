from .figures import ComplianceRun, Dimension, MemberList, Snapshot
from .notice import ItemKind, ItemState, NameRole, NoticeDraft, NoticeItem, NoticeName
from .plan import (
    Period,
    Plan,
    ReportEvery,
    Target,
    TargetGroup,
    TargetKind,
    Task,
    TaskGroup,
    TaskUnit,
    UnitRole,
)
from .progress import ReportFigure, ShareReport
from .share import Milestone, ShareCitation, TaskShare
from .urging import TaskInterview, TaskUrging, Urgency

__all__ = [
    "ComplianceRun",
    "Dimension",
    "ItemKind",
    "ItemState",
    "MemberList",
    "Milestone",
    "NameRole",
    "NoticeDraft",
    "NoticeItem",
    "NoticeName",
    "Period",
    "Plan",
    "ReportEvery",
    "ReportFigure",
    "ShareCitation",
    "ShareReport",
    "Snapshot",
    "Target",
    "TargetGroup",
    "TargetKind",
    "Task",
    "TaskGroup",
    "TaskInterview",
    "TaskShare",
    "TaskUnit",
    "TaskUrging",
    "UnitRole",
    "Urgency",
]
