from .figures import ComplianceRun, Dimension, MemberList, Snapshot
from .plan import Period, Plan, Target, TargetGroup, TargetKind, Task, TaskGroup, TaskUnit

__all__ = [
    "ComplianceRun",
    "Dimension",
    "MemberList",
    "Period",
    "Plan",
    "Snapshot",
    "Target",
    "TargetGroup",
    "TargetKind",
    "Task",
    "TaskGroup",
    "TaskUnit",
]
