"""Documents that each party owes."""
