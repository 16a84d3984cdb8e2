"""The terminal's summary: each path left to right once, then one block for each finding that gates."""

from __future__ import annotations

from collections.abc import Iterable

from vpclink_checks.render.view import BROKEN, UNKNOWN, HopView, decided_by, gating, hops, summary
from vpclink_checks.report import EnvironmentReport, Finding, Fix, PathNote, Report, Witness
from vpclink_checks.words import Outcome

RED, YELLOW, GREEN, BOLD, DIM, PLAIN = "\033[31m", "\033[33m", "\033[32m", "\033[1m", "\033[2m", "\033[0m"
LABEL = 10
STATUS = {"ok": ("✓", GREEN), "broken": ("✗", RED), "unknown": ("?", YELLOW)}


class Paint:
    """Colours where they are wanted, and nothing where they are not."""

    def __init__(self, *, color: bool) -> None:
        self._color = color

    def __call__(self, text: str, *codes: str) -> str:
        """*text* in these colours."""
        return f"{''.join(codes)}{text}{PLAIN}" if self._color and text else text


def lines(report: Report, *, color: bool = False, width: int = 100, blocks: bool = True) -> list[str]:
    """The summary, a line each, without line ends. *width*: of the terminal, in columns.

    *blocks*: whether findings that gate are written out; not where pytest's failures say them already.
    """
    paint = Paint(color=color)
    return [line for one in report.environments for line in _environment(one, paint, width, blocks=blocks)]


def _environment(one: EnvironmentReport, paint: Paint, width: int, *, blocks: bool) -> list[str]:
    where = ", ".join(part for part in (one.source, one.account and f"account {one.account}", one.region) if part)
    head = [paint(f"{one.name}", BOLD) + f" ({where})"]
    if one.error is not None:
        return [*head, paint(f"  not collected: {one.error}", RED)]
    drawn = [line for path in one.paths for line in draw(one, path, paint, width)]
    told = [line for finding in gating(one) for line in ["", *block(finding, paint)]] if blocks else []
    return [*head, *drawn, *told, *([""] if told else []), f"  {_counts(one, paint)}"]


def _counts(one: EnvironmentReport, paint: Paint) -> str:
    found = {outcome: count for outcome, count in summary(one).items() if count}
    text = ", ".join(f"{count} {outcome}" for outcome, count in found.items()) or "nothing was judged"
    closed = sum(finding.gates for finding in one.findings)
    verdict = paint(f"gate closed by {closed}", RED, BOLD) if closed else paint("gate open", GREEN, BOLD)
    return f"{verdict}: {text}"


def draw(one: EnvironmentReport, path: PathNote, paint: Paint, width: int) -> list[str]:
    """The path from left to right, wrapped at its arrows, its first break marked."""
    mark, code = STATUS[path.status]
    routes = f"  ({', '.join(path.routes)})" if path.routes else ""
    nodes = [_node(view, paint) for view in hops(one, path) if view.note is not None]
    return [f"  {paint(mark, code, BOLD)} {paint(path.title, BOLD)}{routes}", *_wrapped(nodes, width)]


def _node(view: HopView, paint: Paint) -> tuple[str, int]:
    """One hop as drawn, and how wide it is without colours."""
    plain = f"{view.hop} {view.title}".rstrip()
    if view.first_break:
        plain = f"✗ {plain} ← breaks here"
        return paint(plain, RED, BOLD), len(plain)
    if view.mark == BROKEN:
        return paint(f"✗ {plain}", RED), len(plain) + 2
    if view.mark == UNKNOWN:
        return paint(f"? {plain}", YELLOW), len(plain) + 2
    return plain, len(plain)


def _wrapped(nodes: Iterable[tuple[str, int]], width: int) -> list[str]:
    wrapped: list[str] = []
    line, used = "", 0
    for text, size in nodes:
        if line and used + size + 3 > width - 4:
            wrapped.append(f"    {line}")
            line, used = f"→ {text}", size + 2
        else:
            line, used = (f"{line} → {text}", used + size + 3) if line else (text, size)
    return [*wrapped, f"    {line}"] if line else wrapped


def block(finding: Finding, paint: Paint | None = None) -> list[str]:
    """One finding: check, subject, expected and actual, what decided, and the fix."""
    paint = paint or Paint(color=False)
    word = "FAIL" if finding.outcome is Outcome.FAIL else finding.outcome.value.upper()
    code = RED if finding.outcome is Outcome.FAIL else YELLOW
    head = f"  {paint(word, code, BOLD)} {finding.severity.value}  {paint(finding.check, BOLD)}"
    rows = [("subject", _subject(finding)), ("path", finding.path or ""), ("expected", finding.expected)]
    rows += [("actual", finding.message)]
    rows += [("decided by", f"{one.operation} {one.field} = {one.value}") for one in decided_by(finding)]
    rows += [*_packet(finding.witness, paint), *_fix(finding.fix), *_where(finding)]
    return [head, *(line for name, text in rows if text for line in _row(name, text, paint))]


def _row(name: str, text: str, paint: Paint) -> list[str]:
    """One row; the further lines of a longer text stand under its first."""
    first, *rest = text.splitlines()
    return [f"    {paint(name.ljust(LABEL), DIM)} {first}", *(f"    {'':{LABEL}} {line}" for line in rest)]


def _subject(finding: Finding) -> str:
    if not finding.subject_key or finding.subject_key == finding.subject:
        return finding.subject
    return f"{finding.subject_key} ({finding.subject})"


def _packet(witness: Witness | None, paint: Paint) -> list[tuple[str, str]]:
    """The packet, and under it every layer on its way."""
    if witness is None:
        return []
    packet = f"{witness.src} → {witness.dst} {witness.protocol}/{witness.port}"
    return [("packet", packet), ("via", "\n".join(_step(step, paint) for step in witness.via))]


def _step(step: str, paint: Paint) -> str:
    code = next((code for mark, code in (("✗", RED), ("?", YELLOW)) if step.startswith(mark)), None)
    return paint(step, code) if code else step


def _fix(fix: Fix | None) -> list[tuple[str, str]]:
    if fix is None:
        return []
    return [("fix", fix.text), ("aws cli", fix.cli), ("terraform", fix.terraform)]


def _where(finding: Finding) -> list[tuple[str, str]]:
    place = finding.location
    if place is None:
        return []
    return [("at", ":".join(str(part) for part in (place.file, place.line, place.column) if part is not None))]
