"""The command ``vpclink``: what is no test run (contract, section 9)."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

from vpclink_checks.cli.arguments import parse
from vpclink_checks.cli.console import complain, ending_quietly, finish
from vpclink_checks.errors import ConfigError, VpclinkError

GOOD, FINDINGS, NOTHING_COLLECTED, WRONG = 0, 1, 2, 4


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; *argv* None: what the process was called with.

    0 good, 1 something is missing, 2 nothing could be collected, 4 wrong usage or config; each in one line.
    Wrong usage and ``--help`` raise SystemExit, as argparse does. Ctrl-C ends the process with 130.
    """
    with ending_quietly():
        try:
            asked = parse(argv)
            status: int = import_module(f"vpclink_checks.cli.{asked.command}").run(asked)
        except ConfigError as error:
            return complain(error, WRONG)
        except VpclinkError as error:
            return complain(error, NOTHING_COLLECTED)
        finally:
            finish(sys.stdout)  # argparse's help
        return status
