"""Checks of the exposure hop."""
