"""Checks of the listener hop."""
