"""Facts that were taken down before: a snapshot, or a folder of AWS CLI outputs."""

from __future__ import annotations

from pathlib import Path

from vpclink_checks.settings import EnvSettings
from vpclink_checks.sources import snapshot
from vpclink_checks.sources.facts import Recording


def read(path: Path, settings: EnvSettings) -> Recording:
    """The recording at a path, whatever it is. Raises SourceError, one line."""
    if not path.is_dir():
        return snapshot.read(path)
    from vpclink_checks.sources.folder import read as folder  # noqa: PLC0415 - only who has one pays for it

    return folder.read(path, settings)
