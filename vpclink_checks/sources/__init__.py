"""One way in a file; each ends in a Topology."""
