"""What a string of the config must look like; each rule says it in the words of its error message."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import parse_qsl, urlsplit

from vpclink_checks.words import HOPS


@dataclass(frozen=True, slots=True)
class Rule:
    """``expected`` completes the sentence "expected …"."""

    expected: str
    fits: Callable[[str], bool]


def matching(expected: str, pattern: str) -> Rule:
    """The rule that the whole string matches *pattern*."""
    compiled = re.compile(pattern)
    return Rule(expected, lambda text: compiled.fullmatch(text) is not None)


def _is_url(text: str) -> bool:
    try:
        url = urlsplit(text)
        port = url.port
    except ValueError:  # a port or an IPv6 address that is none
        return False
    plain = not (url.username or url.password or url.query or url.fragment or re.search(r"[\s\x00-\x1f]", text))
    return plain and url.scheme in ("http", "https") and bool(url.hostname) and port != 0


_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_CONNECT_TO = re.compile(r"(?:\[(?P<v6>[^\]]+)\]|(?P<name>[^:\[\]]+)):(?P<port>[0-9]{1,5})")
MAX_PORT = 65535


def _is_address(text: str, family: type[IPv4Address] | type[IPv6Address]) -> bool:
    try:
        family(text)
    except ValueError:
        return False
    return True


def _is_connect_to(text: str) -> bool:
    match = _CONNECT_TO.fullmatch(text)
    if match is None or not 1 <= int(match["port"]) <= MAX_PORT:
        return False
    if match["v6"]:
        return _is_address(match["v6"], IPv6Address)
    if re.fullmatch(r"[0-9.]+", match["name"]):
        return _is_address(match["name"], IPv4Address)
    return _HOST.fullmatch(match["name"]) is not None


def _is_regexp(text: str) -> bool:
    with warnings.catch_warnings():  # "possible nested set" is a warning, not a mistake
        warnings.simplefilter("ignore")
        try:
            re.compile(text)
        except (re.error, OverflowError, RecursionError):
            return False
    return text != ""


_SECRET_WORDS = re.compile(r"authori[sz]ation|cookie|token|secret|passw|credential|signature|api[-_]?key|jwt|session")
_KEY_HEADER = re.compile(r"(.*[-_])?(key|auth)")
_NO_SECRETS = ("idempotency-key", "sec-websocket-key")
_SECRET_VALUES = re.compile(
    r"(bearer|basic|digest|negotiate)\s+\S+|eyJ[\w-]+\.[\w-]+\..*|(AKIA|ASIA)[A-Z0-9]{16}", re.I
)


def is_secret_header(name: str, value: str) -> bool:
    """Whether a header's value, by its name or its look, is one that no file may hold."""
    name = name.lower()
    if name in _NO_SECRETS:
        return False
    by_name = _SECRET_WORDS.search(name) or _KEY_HEADER.fullmatch(name)
    return bool(by_name or _SECRET_VALUES.fullmatch(value.strip()))


def secret_parameter(path: str) -> str | None:
    """The name of a query parameter that looks like a secret, if *path* has one."""
    names = (name for name, _ in parse_qsl(path.partition("?")[2], keep_blank_values=True))
    return next((name for name in names if _SECRET_WORDS.search(name.lower())), None)


FILLED = Rule("a string that is not empty", lambda text: bool(text.strip()))
ENV_NAME = matching("letters, digits, _ and - only", r"[A-Za-z0-9_-]+")
REGION = matching("a region such as eu-west-2", r"[a-z]{2,4}(-[a-z]+){1,2}-[0-9]{1,2}")
DOMAIN = matching(
    "a domain name such as api.example.com, without scheme or path", rf"(?=.{{1,253}}$)(\*\.)?{_LABEL}(\.{_LABEL})+"
)
ACCOUNT = matching("an account of 12 digits, in quotes", r"[0-9]{12}")
ROLE_ARN = matching(
    "a role's ARN such as arn:aws:iam::123456789012:role/audit", r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[\w+=,.@/-]+"
)
URL = Rule("an http:// or https:// URL without credentials or query", _is_url)
# https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-mappings.html names the characters
BASE_PATH = matching("a base path without a leading or trailing /", r"\(none\)||[\w$.+!*'()-]+(/[\w$.+!*'()-]+)*")
PATH = matching("a path that begins with /, percent-encoded and without fragment", r'/[!"$-~]*')
HEADER_NAME = matching("a header name", r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
HEADER_VALUE = matching("a header value on one line", r"[^\x00-\x08\x0a-\x1f\x7f]*")
VARIABLE = matching("the name of an environment variable", r"[A-Za-z_][A-Za-z0-9_]*")
CONNECT_TO = Rule('"host:port", an IPv6 address in brackets', _is_connect_to)
REGEXP = Rule("a regular expression that compiles", _is_regexp)
PORT_KEY = Rule(
    "a container port from 1 to 65535",
    lambda text: bool(re.fullmatch(r"[1-9][0-9]{0,4}", text)) and int(text) <= MAX_PORT,
)
CHECK_ID = matching("a check id such as target-group/healthy-targets", rf"({'|'.join(HOPS)})/[a-z0-9]+(-[a-z0-9]+)*")
CHECK_PATTERN = Rule(
    "a check id or a pattern such as exposure/*",
    lambda text: CHECK_ID.fits(text) or bool(re.search(r"[*?\[]", text)),
)
