"""Checks of the load-balancer hop."""
