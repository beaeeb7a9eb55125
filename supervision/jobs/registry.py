"""Which kinds of long work exist. Rooms above register theirs; this room knows none of them."""

from collections.abc import Callable
from dataclasses import dataclass

DEFAULT_ATTEMPTS = 3


class UnknownJob(LookupError):
    """No function is registered for this kind."""


@dataclass(frozen=True)
class Job:
    kind: str
    label: str
    function: Callable
    max_attempts: int = DEFAULT_ATTEMPTS


_jobs: dict[str, Job] = {}


def job(kind: str, *, label: str, max_attempts: int = DEFAULT_ATTEMPTS):
    """Register `def fn(run, **params) -> dict | None` as the work behind `kind`.

    Belongs in an app's tasks.py, which every process imports at start. The function takes ids and plain
    JSON values, must be safe to run again after it was interrupted anywhere, reports through
    `services.progress(run, …)`, and returns what JobRun.result shall hold. `label` is what people see.
    `max_attempts` counts starts: after that many interruptions the run counts as failed.
    Raises ValueError when the kind is taken by another function.
    """

    def register(function):
        if kind in _jobs and _jobs[kind].function is not function:
            raise ValueError(f"job kind {kind!r} is registered twice")
        _jobs[kind] = Job(kind, label, function, max_attempts)
        return function

    return register


def get(kind: str) -> Job:
    """The registered job; raises UnknownJob naming the kinds there are."""
    try:
        return _jobs[kind]
    except KeyError:
        raise UnknownJob(
            f"no job of kind {kind!r} is registered; known: {', '.join(sorted(_jobs)) or 'none'}"
        ) from None


def max_attempts(kind: str) -> int:
    """How often a run of this kind may start; the default for a kind that left the code since."""
    return _jobs[kind].max_attempts if kind in _jobs else DEFAULT_ATTEMPTS


def kinds() -> dict[str, str]:
    """Kind → label of everything registered, for filters and pages."""
    return {kind: known.label for kind, known in sorted(_jobs.items())}
