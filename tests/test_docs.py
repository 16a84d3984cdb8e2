"""The pages that come from the code say what the code says."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from vpclink_checks.sources.calls import LIMITS, TABLE

DOCS = Path(__file__).parents[1] / "docs"


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_generated_pages_are_up_to_date(generate: ModuleType) -> None:
    stale = [name for name, page in generate.PAGES.items() if (DOCS / name).read_text(encoding="utf-8") != page()]
    assert stale == [], "run `make docs`, or python docs/generate.py"


def test_the_page_of_calls_names_every_call_and_every_limit(generate: ModuleType) -> None:
    page = generate.calls_page()
    assert [row.name for row in TABLE if f"| `{row.name}` | {row.because} |" not in page] == []
    assert [service for service, at_once in LIMITS.items() if f"`{service}`" not in page] == []
    assert all(len(line.split(" | ")) in (2, 6) for line in page.splitlines() if line.startswith("| "))
