"""Pure packet reasoning: exact for what it claims, unknown beyond."""
