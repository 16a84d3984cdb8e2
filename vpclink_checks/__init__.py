"""Checks that verify a private API on AWS, hop by hop, from its custom domain to its container."""

__version__ = "0.1.0"
