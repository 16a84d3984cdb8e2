"""The command: each line that a user meets, and the exit status."""
