"""What can be broken in the demo: one table for each stretch of the path."""
