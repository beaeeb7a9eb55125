"""Subcontracts, special funds and wages: the arithmetic and what is proposed from it."""
