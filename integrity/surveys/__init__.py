"""Questionnaires: answering without a name, and results that show nobody."""
