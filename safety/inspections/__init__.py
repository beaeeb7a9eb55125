"""Inspections on site: what is asked, what was answered, how a visit is signed and sealed."""
