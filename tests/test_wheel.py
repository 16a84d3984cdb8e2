"""What is built is what people get: the wheel holds all that the package reads at run time, and works by itself."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "vpclink_checks"
UNPACKED = "import vpclink_checks.plugin as p; print(p.__file__)"


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the tree as it stands, in a folder to put on the path."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, cwd=folder)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def files(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def outside(site: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python in *folder*, where the wheel comes before the development install."""
    environment = {**os.environ, "PYTHONPATH": str(site)}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_it_holds_every_file_of_the_package_and_no_other(unpacked: Path) -> None:
    assert files(unpacked / "vpclink_checks") == files(PACKAGE)
    others = {path.name for path in unpacked.iterdir()} - {"vpclink_checks"}
    assert all(name.endswith(".dist-info") for name in others)


def test_it_brings_its_license_and_its_entry_point(unpacked: Path) -> None:
    (info,) = unpacked.glob("*.dist-info")
    assert (info / "licenses" / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()
    entry_points = (info / "entry_points.txt").read_text(encoding="utf-8")
    command = ["[console_scripts]", "vpclink", "=", "vpclink_checks.cli:main"]
    assert entry_points.split() == [*command, "[pytest11]", "vpclink", "=", "vpclink_checks.plugin"]
    assert (unpacked / "vpclink_checks" / "py.typed").exists()


def test_the_demo_runs_from_it_in_an_empty_folder(unpacked: Path, tmp_path: Path) -> None:
    where = outside(unpacked, tmp_path, "-c", UNPACKED).stdout
    assert where.startswith(str(unpacked))
    run = outside(unpacked, tmp_path, "-m", "pytest", "--vpclink-env=demo", "-n", "2")
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-3000:]
    assert (tmp_path / "reports" / "report.json").exists()
