"""Acknowledgement codes: what somebody without an account writes down to ask again later."""

from __future__ import annotations

import secrets

# Without the letters and digits that are mistaken for one another on paper.
CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def new_code(letters: int = 8) -> str:
    """A code of that many letters, five bits each, not to be guessed."""
    return "".join(secrets.choice(CODE_LETTERS) for _ in range(letters))


def grouped(code: str) -> str:
    """A code in groups of four, as it is written down."""
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))


def cleaned(text: str, letters: int) -> str:
    """A typed code without spaces and hyphens, in capitals; "" when it is none of so many letters."""
    code = "".join(text.split()).replace("-", "").upper()
    return code if len(code) == letters and set(code) <= set(CODE_LETTERS) else ""
