"""Reports about conduct: the pages of whoever reports, and the pages of the discipline role."""
