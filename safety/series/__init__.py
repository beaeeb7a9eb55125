"""Figures of the sectors that no ledger here counts: entered by period, confirmed, judged by their target."""
