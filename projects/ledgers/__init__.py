from . import assessments, candidacies, registry, standards  # noqa: F401
