"""Assessments: the standards of `projects.standards` put to work on sections, supervision contracts and projects.

periods     "2026-Q2" and its days
specs       versions as plain values, kept between requests
sheet       one sheet's items, marks, scores, differences between its columns
marking     saving marks: checked, versioned, told to the history
vetoes      the grounds on which a unit fails, from hand and from the other ledgers
settling    what a submission writes down, and what follows from a failure
summary     a project's units put together, its year, the same marks under another version
generating  the sheets that the schedule asks for, the bureau's draws
workbooks   official sheets
views, api  the scoring page and its like
"""
