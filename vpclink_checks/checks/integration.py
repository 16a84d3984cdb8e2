"""Checks of the integration hop."""
