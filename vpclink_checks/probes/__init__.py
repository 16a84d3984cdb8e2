"""The only sockets: each probe returns a frozen observation."""
