"""Reports that write their own figures.

A template is a Word file of the bureau's with placeholders (`placeholders`). Making a report (`making`) computes
each figure once (`computing`), keeps the very members it counted, and writes the Word file (`writing`), in which
each figure stands in a content control of its own, so that a file edited by hand can be read back (`reading`) and
held against what was counted (`checking`). `comparing` says what differs between two makings of one report.
"""
