"""Checks of the end-to-end hop."""
