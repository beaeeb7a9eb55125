from . import assessments, candidacies, owed, registry, standards, supervised  # noqa: F401
