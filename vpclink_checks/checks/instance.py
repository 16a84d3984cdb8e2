"""Checks of the instance hop."""
