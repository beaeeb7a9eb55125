"""Credit of enterprises and persons: what is held against or for them, how it is reckoned, who learns of it."""
