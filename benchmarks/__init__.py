"""Measurements, side by side and as ratios; nothing in the test suite is timed."""
