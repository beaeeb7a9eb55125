"""The rule set by which tasks are followed: lights, days of reports, days of slips."""

FOLLOWING = "task-following"
