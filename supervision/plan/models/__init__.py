from .figures import ComplianceRun, Dimension, MemberList, Snapshot
from .notice import ItemKind, ItemState, NameRole, NoticeDraft, NoticeItem, NoticeName
from .plan import Period, Plan, Target, TargetGroup, TargetKind, Task, TaskGroup, TaskUnit, UnitRole

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
    "Snapshot",
    "Target",
    "TargetGroup",
    "TargetKind",
    "Task",
    "TaskGroup",
    "TaskUnit",
    "UnitRole",
]
