"""Incidents (事故险情): grading, the clocks of reporting, what follows from a report, statistics."""
