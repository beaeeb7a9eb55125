"""专项整治: the list of problems, what it amounts to, looking back, pages."""
