"""Live AWS, read-only: the only home of boto3."""
