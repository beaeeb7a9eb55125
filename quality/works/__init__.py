"""Responsibility, first articles, concealed works, innovation and green works: what is more than a ledger."""
