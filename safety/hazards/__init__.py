"""Hazards: how they are scored, watched, and laid along a road."""
