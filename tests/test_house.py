"""The house rules that a machine can hold: who imports whom, how long things are, what no file may name."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from vpclink_checks import plugin

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "vpclink_checks"

# Imports run one way. Each room, and the rooms that it may import.
WORDS = {"words", "errors"}
LEAVES = WORDS | {"report", "settings"}
FACTS = LEAVES | {"model"}
JUDGES = FACTS | {"reach", "sources", "probes"}
CONDUCTOR = {"run", "gathering", "notes"}
EDGE = {"plugin", "gate", "testing"}
MAY_IMPORT: dict[str, set[str]] = {
    "words": set(),
    "errors": set(),
    "report": {"words"},
    "settings": WORDS,
    "model": WORDS,
    "reach": FACTS,
    "sources": FACTS,
    "probes": FACTS,
    "render": {"report", "words"},
    "checks": JUDGES,
    "demo": JUDGES,
    "run": JUDGES | CONDUCTOR | {"checks", "demo"},
    "gathering": JUDGES | CONDUCTOR | {"checks", "demo"},
    "notes": JUDGES | {"checks"},
    "api": JUDGES | {"checks"},
    "__main__": {"cli"},
    "cli": JUDGES | {"run", "checks", "demo", "render"},
    "gate": JUDGES | CONDUCTOR | EDGE | {"api", "checks", "demo", "render"},
    "plugin": JUDGES | CONDUCTOR | EDGE | {"checks", "demo", "render"},
    "testing": JUDGES | CONDUCTOR | EDGE | {"checks", "demo", "render"},
}
# Who may import what from outside; a name covers what lies below it.
SOCKETS = ("socket", "socketserver", "ssl", "requests", "urllib3", "urllib.request", "http.client", "http.server")
ONLY_IN: dict[str, tuple[str, ...]] = {
    "boto3": ("sources/live/",),
    "botocore": ("sources/live/",),
    "pytest": ("plugin.py", "gate/", "testing.py"),
    "_pytest": (),
    "hypothesis": (),
    "moto": (),
    "jinja2": ("render/",),
    "trustme": ("demo/",),
    "testinfra": ("api/", "probes/"),
    **dict.fromkeys(SOCKETS, ("probes/", "demo/")),
    # One context for all of botocore's connections.
    "ssl": ("probes/", "demo/", "sources/live/tls.py"),
    "urllib3": ("sources/live/tls.py",),
}
LONGEST_FUNCTION = 60
LONGEST_MODULE = 500


def modules() -> list[str]:
    """Every module of the package, relative to it."""
    return sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))


def tree(module: str) -> ast.Module:
    return ast.parse((PACKAGE / module).read_text(encoding="utf-8"), module)


def imported(module: ast.Module) -> Iterator[str]:
    """The dotted name of everything imported, wherever it stands; ``from a import b`` gives a and a.b."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: imports are absolute here"
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_below(name: str, top: str) -> bool:
    return name == top or name.startswith(f"{top}.")


def strays(room: str, names: Iterator[str]) -> set[str]:
    """The rooms among *names* that *room* may not look into."""
    ours = {name.split(".")[1] for name in names if name.startswith("vpclink_checks.")}
    return ours - MAY_IMPORT[room] - {room, "__version__"}


def smuggled(module: str, names: Iterator[str]) -> set[str]:
    """The imports from outside that have no place in *module*."""
    return {
        name for name in names for top, homes in ONLY_IN.items() if is_below(name, top) and not module.startswith(homes)
    }


@pytest.mark.parametrize("module", modules())
def test_imports_run_one_way(module: str) -> None:
    room = module.split("/", maxsplit=1)[0].removesuffix(".py")
    if room == "__init__":
        assert not list(imported(tree(module)))
        return
    assert room in MAY_IMPORT, f"{room} is a new room: give it its place in MAY_IMPORT"
    assert not strays(room, imported(tree(module)))


@pytest.mark.parametrize("module", modules())
def test_libraries_stay_in_their_rooms(module: str) -> None:
    assert not smuggled(module, imported(tree(module)))


def test_the_rules_see_what_they_forbid() -> None:
    """Else an error in this file would let everything through."""
    source = "import http.client\nfrom urllib import request\ndef f():\n    from vpclink_checks.checks import api\n"
    names = list(imported(ast.parse(source)))
    assert strays("model", iter(names)) == {"checks"}
    assert smuggled("checks/api.py", iter(names)) == {"http.client", "urllib.request"}
    assert not smuggled("probes/http.py", iter(names))


def functions(module: ast.Module) -> Iterator[tuple[str, int]]:
    """Each function's name and number of lines."""
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


@pytest.mark.parametrize("module", modules())
def test_nothing_is_too_long(module: str) -> None:
    assert len((PACKAGE / module).read_text(encoding="utf-8").splitlines()) <= LONGEST_MODULE
    assert not {name: length for name, length in functions(tree(module)) if length > LONGEST_FUNCTION}


@pytest.mark.parametrize("module", modules())
def test_every_error_is_caught_by_its_name(module: str) -> None:
    """Swallowed errors become missing findings."""
    caught = [node.type for node in ast.walk(tree(module)) if isinstance(node, ast.ExceptHandler)]
    names = {one.id for one in caught if isinstance(one, ast.Name)}
    assert None not in caught
    assert not names & {"Exception", "BaseException"}


def committed() -> list[Path]:
    """What git holds or would take: the files that others get. Without git, as in an sdist, all of them."""
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        names = subprocess.run(listing, cwd=ROOT, capture_output=True, check=True, text=True).stdout.split("\0")
    except (OSError, subprocess.CalledProcessError):
        paths = (path.relative_to(ROOT) for path in ROOT.rglob("*"))
        names = [str(path) for path in paths if not path.parts[0].startswith(".")]
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


# AWS's own documentation uses these; anything else may be somebody's.
EXAMPLE_ACCOUNTS = {
    *("123456789012", "111122223333", "444455556666", "210987654321", "111111111111", "222222222222"),
    *("333333333333", "999999999999", "000000000000", "999988887777", "777788889999", "555555555555"),
}
ACCOUNT = re.compile(r"(?<![\w.-])\d{12}(?![\w.])")
# The brackets keep this file from naming what it forbids.
MACHINE_PATH = re.compile(r"(?<![\w./-])/(work|root|home/[a-z]+)[/]")
REGISTRY = re.compile(r"pypi[.]org|python[h]osted|registry[.]npmjs|deb[.]debian|/simple[/]")


def hits(pattern: re.Pattern[str], allowed: frozenset[str] = frozenset()) -> list[str]:
    found = []
    for path in committed():
        text = path.read_bytes().decode("utf-8", errors="ignore")
        name = path.relative_to(ROOT).as_posix()
        found += [f"{name}: {match[0]}" for match in pattern.finditer(text) if match[0] not in allowed]
    return found


def test_no_file_names_a_path_of_the_machine_it_was_written_on() -> None:
    assert not hits(MACHINE_PATH)


def test_no_file_names_a_package_registry() -> None:
    assert not hits(REGISTRY)


def test_accounts_are_those_of_documentation() -> None:
    assert not hits(ACCOUNT, frozenset(EXAMPLE_ACCOUNTS))


def test_constraints_pin_versions_by_name() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", line) for line in lines)
    names = [line.partition("==")[0].lower().replace("_", "-") for line in lines]
    assert names == sorted(set(names))


def test_constraints_name_everything_that_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]
    names = {re.split(r"[\[<>=]", one)[0].lower() for one in asked} - {"vpclink-checks"}
    pinned = (ROOT / "constraints.txt").read_text(encoding="utf-8").lower()
    assert not {name for name in names if f"{name}==" not in pinned}


def test_the_readme_names_every_option() -> None:
    options = {f"--vpclink-{name}" for name, *_ in plugin.OPTIONS} | {"--vpclink-static"}
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(--[a-z-]+)", readme, re.MULTILINE)) == options
