"""Checks of the task-definition hop."""
