"""What can go wrong when somebody acts, each with a sentence a user can read and an HTTP status."""

from __future__ import annotations


class FlowError(Exception):
    """Base: `message` is Chinese and says what to do next."""

    http_status = 400
    code = "invalid"

    def __init__(self, message: str):
        super().__init__(message)
        self.message = message


class NotAllowed(FlowError):
    """The record is visible, but this person may not do this to it."""

    http_status = 403
    code = "not_allowed"


class IllegalTransition(FlowError):
    """The record is not in a state from which this can be done (any more)."""

    http_status = 409
    code = "illegal_transition"


class LostRace(FlowError):
    """Somebody else wrote the record first."""

    http_status = 409
    code = "conflict"
