"""Checks of the api hop."""
