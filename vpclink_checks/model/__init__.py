"""Frozen facts about one environment: no I/O, no verdicts."""
