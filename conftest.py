"""Development only, and no logic: pytester. The plugin comes in by its entry point."""

from __future__ import annotations

pytest_plugins = ["pytester"]
