"""Checks of the target-group hop."""
