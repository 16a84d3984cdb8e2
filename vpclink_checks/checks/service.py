"""Checks of the service hop."""
