"""Reading a plan out of the text of its notice: pure Python, no database, no settings."""
