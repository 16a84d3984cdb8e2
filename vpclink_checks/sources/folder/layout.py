"""Which files of a folder belong to one account and region: all of them, or those that Batfish's layout puts there.

Batfish (https://github.com/batfish/batfish, ``aws_configs``): ``aws_configs/REGION/Vpcs.json``,
``aws_configs/accounts/ACCOUNT/REGION/Vpcs.json``, or the files themselves in ``aws_configs``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from vpclink_checks.errors import Problem, SourceError

_REGION = re.compile(r"[a-z]{2,4}(?:-[a-z]+)+-\d{1,2}")
_GLOBAL = "aws-global"
_ACCOUNTS = "accounts"


def files_of(folder: Path, account: str, region: str) -> tuple[list[Path], str, str]:
    """The JSON files, in a fixed order, and the account and region whose folders they lie in ("" for none).

    Raises SourceError where several accounts or regions are there and none of them is asked for.
    """
    top = folder / "aws_configs" if (folder / "aws_configs").is_dir() else folder
    place, chosen_account = _account(top, account)
    place, chosen_region = _region(place, region)
    roots = [place, place.parent / _GLOBAL] if chosen_region else [place]
    if place != top:
        roots = [top, *roots]
    found = {path: None for root in roots for path in _below(root, whole=root != top or place == top)}
    if top != folder:  # what Batfish never collects may lie beside its folder
        found |= dict.fromkeys(folder.glob("*.json"))
    return sorted(found), chosen_account, chosen_region


def others_of(folder: Path, chosen: Sequence[Path]) -> tuple[list[Path], list[str]]:
    """The files of the layout's other accounts and regions, and all its accounts; [] where it knows but one."""
    top = folder / "aws_configs" if (folder / "aws_configs").is_dir() else folder
    regions = [top / one for one in _folders(top) if _REGION.fullmatch(one)]
    every = {path for root in (top / _ACCOUNTS, *regions) if root.is_dir() for path in _below(root, whole=True)}
    return sorted(every - set(chosen)), _folders(top / _ACCOUNTS)


def _account(top: Path, wanted: str) -> tuple[Path, str]:
    """Where the account's files lie, and its id if the layout says it."""
    accounts = _folders(top / _ACCOUNTS)
    if not accounts:
        return top, ""
    chosen = _chosen(accounts, wanted, "accounts", top)
    return top / _ACCOUNTS / chosen, chosen


def _region(top: Path, wanted: str) -> tuple[Path, str]:
    regions = [one for one in _folders(top) if _REGION.fullmatch(one)]
    if not regions:
        return top, ""
    chosen = _chosen(regions, wanted, "regions", top)
    return top / chosen, chosen


def _chosen(names: Sequence[str], wanted: str, what: str, place: Path) -> str:
    if wanted in names:
        return wanted
    if wanted or len(names) > 1:
        asked = f"none of them {wanted}, as the config says" if wanted else f"set {what[:-1]} in the config"
        raise SourceError(Problem(str(place), None, f"holds {what} {', '.join(names)}: {asked}"))
    return names[0]


def _folders(place: Path) -> list[str]:
    return sorted(one.name for one in place.iterdir() if one.is_dir()) if place.is_dir() else []


def _below(root: Path, *, whole: bool) -> Iterator[Path]:
    """The JSON files below, but for what is hidden; not *whole*: those beside the layout's folders."""
    for here, folders, names in os.walk(root):
        folders[:] = sorted(one for one in folders if not one.startswith(".") and (whole or not _is_layout(one)))
        yield from (Path(here, name) for name in names if name.endswith(".json") and not name.startswith("."))


def _is_layout(name: str) -> bool:
    return name in (_ACCOUNTS, _GLOBAL) or bool(_REGION.fullmatch(name))
