"""Checks of the domain hop."""
