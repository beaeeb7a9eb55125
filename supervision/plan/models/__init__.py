from .figures import ComplianceRun, Dimension, MemberList, Snapshot
from .notice import ItemKind, ItemState, NameRole, NoticeDraft, NoticeItem, NoticeName
from .plan import Period, Plan, Target, TargetGroup, TargetKind, Task, TaskGroup, TaskUnit, UnitRole
from .report import Report, ReportFigure, ReportHand, ReportKind, ReportTemplate

__all__ = [
    "ComplianceRun",
    "Dimension",
    "ItemKind",
    "ItemState",
    "MemberList",
    "NameRole",
    "NoticeDraft",
    "NoticeItem",
    "NoticeName",
    "Period",
    "Plan",
    "Report",
    "ReportFigure",
    "ReportHand",
    "ReportKind",
    "ReportTemplate",
    "Snapshot",
    "Target",
    "TargetGroup",
    "TargetKind",
    "Task",
    "TaskGroup",
    "TaskUnit",
    "UnitRole",
]
