"""A ledger as a workbook: the template to fill in, the export, and the import in two steps (check, write)."""
