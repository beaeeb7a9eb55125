"""Durability of concrete: judging a group of measurements, and its control chart."""
