from . import progress, share, urging  # noqa: F401
