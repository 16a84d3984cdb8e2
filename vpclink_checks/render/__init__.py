"""The report model, rendered."""
