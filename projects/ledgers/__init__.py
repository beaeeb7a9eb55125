from . import assessments, candidacies, registry, standards, supervised  # noqa: F401
