"""Tests: how results are judged, when they may be repeated, what they raise, and what about them is asked."""
