"""One module for each family of ledgers."""
