from . import assessments, candidacies, owed, registry, standards  # noqa: F401
