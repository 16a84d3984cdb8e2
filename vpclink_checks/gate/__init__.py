"""The side of the plugin that wakes up when it is asked for: targets, nodes, hooks, outcomes."""
