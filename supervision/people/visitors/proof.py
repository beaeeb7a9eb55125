"""Proof of work in place of a captcha: the browser finds a number whose hash begins with enough zero bits.

A second of a phone's time is nothing to somebody who reports one thing and a lot to somebody who reports a
thousand. Each challenge is signed, good for half an hour and for one use.
"""

from __future__ import annotations

import secrets
from hashlib import sha256

from django.core import signing

from . import marks

SALT = "visitors.proof"
BITS = 16
SECONDS = 30 * 60


def challenge() -> str:
    """A new challenge."""
    return signing.dumps(secrets.token_hex(8), salt=SALT)


def solves(text: str, answer: str) -> bool:
    """Whether `answer` solves the challenge `text`, regardless of use."""
    if not (answer.isascii() and answer.isdigit() and len(answer) < 20):
        return False
    digest = sha256(f"{text}:{answer}".encode()).digest()
    return int.from_bytes(digest, "big") >> (256 - BITS) == 0


def take(text: str, answer: str) -> bool:
    """Whether the pair is a fresh solution; the second use of a challenge is refused."""
    try:
        signing.loads(text, salt=SALT, max_age=SECONDS)
    except signing.BadSignature:
        return False
    return solves(text, answer) and marks.once(f"proof:{text}", SECONDS)
