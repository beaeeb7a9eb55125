"""竣（交）工验收: marks, prerequisites and the archive of each stage."""
