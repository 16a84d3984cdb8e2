"""What the command takes. An abbreviated option, or one of a command that is not there yet, is a mistake."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from vpclink_checks import __version__
from vpclink_checks.settings.document import FILE_NAME

WRONG_USAGE = 4  # argparse's own is 2, which says here that nothing could be collected


class Parser(argparse.ArgumentParser):
    """Says a mistake in one line."""

    def error(self, message: str) -> NoReturn:
        """End with exit status 4."""
        self.exit(WRONG_USAGE, f"{self.prog}: {message} ({self.prog} --help says more)\n")


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """The arguments as values; ``command`` says which. Raises SystemExit for mistakes and ``--help``."""
    return _parser().parse_args(argv)


def _parser() -> Parser:
    parser = Parser(
        prog="vpclink",
        allow_abbrev=False,
        description="The parts of vpclink-checks that are no test run. The gate itself is pytest --vpclink-env=NAME.",
    )
    parser.add_argument("--version", action="version", version=f"vpclink-checks {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _init(commands.add_parser("init", allow_abbrev=False, help="find what there is, and write a vpclink.toml"))
    _doctor(commands.add_parser("doctor", allow_abbrev=False, help="can an environment be read, and what is missing"))
    _policy(commands.add_parser("policy", allow_abbrev=False, help="the least read-only IAM policy, as JSON"))
    return parser


def _init(parser: argparse.ArgumentParser) -> None:
    parser.description = "Lists the account's custom domains and VPC links in one region, and writes a config of them."
    parser.add_argument("--region", metavar="R", help="default: AWS_REGION, AWS_DEFAULT_REGION, the profile's")
    parser.add_argument("--profile", metavar="P", help="a profile of the AWS configuration")
    parser.add_argument("--role-arn", metavar="ARN", help="a role to assume")
    parser.add_argument("--external-id", metavar="X", help="what that role asks for")
    parser.add_argument("--endpoint-url", metavar="URL", help="a local AWS stand-in")
    parser.add_argument("--env", metavar="NAME", default="prod", help="the environment's name (default: prod)")
    parser.add_argument(
        "--output", metavar="FILE", type=Path, default=Path(FILE_NAME), help=f"default: {FILE_NAME} in this folder"
    )
    parser.add_argument("--force", action="store_true", help="overwrite FILE")


def _doctor(parser: argparse.ArgumentParser) -> None:
    parser.description = "Reads an environment once, without probes, and says what gave no answer and what that costs."
    parser.add_argument("env", metavar="ENV", help="an environment of the config, or demo")
    _config(parser)
    parser.add_argument("--snapshot", metavar="PATH", type=Path, help="read a recording instead of AWS")


def _policy(parser: argparse.ArgumentParser) -> None:
    parser.description = "Prints the IAM policy that allows every call of the collector, and nothing else."
    parser.add_argument("--env", metavar="NAME", help="narrow it to this environment's partition, region and account")
    _config(parser)


def _config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--config", metavar="FILE", type=Path, help=f"default: {FILE_NAME}, else [tool.vpclink] in pyproject.toml"
    )
