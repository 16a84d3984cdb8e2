"""The page in a real browser, opened from disk: it renders, and its own policy has nothing to refuse."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.render.sample import HOSTILE, REPORT
from tests.support import needs
from vpclink_checks.render import html

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-logging=stderr",
)


def browse(page: Path, profile: Path, *options: str) -> subprocess.CompletedProcess[str]:
    assert BROWSER is not None
    command = [BROWSER, *QUIET, f"--user-data-dir={profile}", *options, page.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)


def test_the_page_opens_from_disk_in_a_browser(tmp_path: Path) -> None:
    needs(BROWSER is not None, "a browser (Debian's chromium)")
    page = html.write(REPORT, tmp_path)
    seen = browse(page, tmp_path / "profile", "--dump-dom")
    assert seen.stdout.count("breaks here") == 1
    assert "<script" not in seen.stdout
    assert HOSTILE.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") in seen.stdout
    assert "Refused to" not in seen.stderr
    assert "CONSOLE" not in seen.stderr


def test_the_page_shows_something(tmp_path: Path) -> None:
    needs(BROWSER is not None, "a browser (Debian's chromium)")
    page = html.write(REPORT, tmp_path)
    picture = tmp_path / "page.png"
    browse(page, tmp_path / "profile", f"--screenshot={picture}", "--window-size=1280,900")
    blank = tmp_path / "blank.html"
    blank.write_text("<!doctype html>", encoding="utf-8")
    empty = tmp_path / "blank.png"
    browse(blank, tmp_path / "profile", f"--screenshot={empty}", "--window-size=1280,900")
    assert picture.stat().st_size > 3 * empty.stat().st_size
