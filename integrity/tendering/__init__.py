"""Tendering: clocks, committees, and signs of collusion."""
