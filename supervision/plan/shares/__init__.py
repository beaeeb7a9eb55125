"""Tasks of a plan carried out: shares of units, lights, reports, slips."""
