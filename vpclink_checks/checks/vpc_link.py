"""Checks of the vpc-link hop."""
