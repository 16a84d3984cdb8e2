"""Checks of the network hop."""
