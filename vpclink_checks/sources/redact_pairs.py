"""Names with their values inside a text: ``client_secret: …``, ``"token": "…"``, ``X-Api-Key: …``, ``pwd=…``.

Whether a name is a secret's is told by its last words, so that what AWS itself says stays readable:
``secretsmanager:GetSecretValue``, ``apiKeySource: HEADER``, ``ExpiredToken: The security token …``.
"""

from __future__ import annotations

import re

from vpclink_checks.words import REDACTED

# Words that make a secret where a name ends with them, be it fused (``dbpasswd``) or not.
_STRONG = (
    "password",
    "passwd",
    "passphrase",
    "passwort",
    "kennwort",
    "passcode",
    "secret",
    "token",
    "apikey",
    "accesskey",
    "secretkey",
    "privatekey",
    "accountkey",
    "connectionstring",
    "connstr",
)
_STRONG_ALONE = {"pwd", "pw", "jwt", "dsn", "sas", "sig", "otp", "creds", "bearer"}
# Words that prose uses as well: there, what follows are words.
_WEAK = {"auth", "authorization", "cookie", "credential", "credentials", "pass", "pin", "salt", "signature"}
_HEADERS = {"authorization", "cookie"}  # their values run on over commas and semicolons
_AFTERTHOUGHT = re.compile(r"(?:[-_.]?(?:value|base|hash|raw|plain|text|prod|dev|test|staging|live|old|new|\d+))+$")
_HARMLESS_KEYS = {"sort", "partition", "primary", "foreign", "public", "hash", "mapping", "kms", "object", "tag"}
_ERROR_CODE = re.compile(r"(?:Expired|Invalid|Missing|Incomplete|Malformed|Unrecognized|Unsupported|NoSuch|Bad)[A-Z]")
_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")

_HARMLESS = re.compile(
    r"(?:arn:[\w:/+=.@*-]+|\$\{[\w.]+\}|true|false|null|none|required|optional)(?![^\s,;&)}\]\"'.?!])", re.IGNORECASE
)
# What AWS says in place of a secret that it could not get.
_ERROR = re.compile(r"(?:[A-Z][a-z]+){1,6}(?:Exception|Error|Denied|NotFound|Failure|Timeout)(?![^\s,:;.)])")
_PROSE = re.compile(r"[a-z]{2,}(?: [a-z_]{2,})+(?=[:.,;]|\s*\Z)")
_NEXT = r"[,;&][ \t]*\\?[\"']?[A-Za-z][\w.-]{0,80}\\?[\"']?[ \t]*[:=]"
# A name in words or in one; beside it, whose it is ("api key orders=…"), a quote, "is".
_SPOKEN = (
    r"(?:(?:api|access|secret|private|encryption|decryption|signing|shared|master|licen[cs]e|account|storage|hmac|webhook)"
    r"[ ]keys?|connection[ ]string)"
)
_WHOSE = r"(?:[ ](?!is\b|was\b|source\b)[A-Za-z][\w-]{0,40}(?=[ \t]*=))?"
_NAME = rf"(?:{_SPOKEN}|[A-Za-z_][\w.-]{{0,100}})"
_IS = r"(?:[ \t]{1,8}(?:is|was)(?=[ \t]{0,8}[:=]))?"
_BESIDE = rf"(?:(?<=[ ]key){_WHOSE})?(?:\\?[\"'])?{_IS}[ \t]*"
# The value stands in the next line: indented, or as its only word, which is no other name.
_BELOW = r"(?:\r?\n(?:[ \t]+|(?=\S{3,}(?<![:=])[ \t]*(?:\r?\n|\Z))))?"
_PAIR = re.compile(
    rf"(?P<name>(?<![\w.]){_NAME})"
    rf"(?P<between>{_BESIDE}(?P<mark>:=|=>|=|:)[ \t]*(?:[|>][-+]?[ \t]*)?{_BELOW})"
    r"(?:(?P<quote>\\?[\"'])(?P<quoted>(?:(?!(?P=quote))(?:\\.|[^\\\n]))*)(?P<end>(?P=quote)|(?=\n|\Z))"
    r"|(?P<list>\[[^\]\n]*\])"
    rf"|(?P<bare>(?![\[{{\"'=\s])[^\n]*?)(?P<tail>[}}\])]*[ \t]*(?=\r?\n|\Z)|(?={_NEXT})))",
    re.IGNORECASE,
)
# Where a name may begin, whatever it is worth.
_NAMED = re.compile(
    rf"(?<![\w.]){_NAME}(?![\w.-])(?={_BESIDE}[:=])",
    re.IGNORECASE,
)
_LINE = re.compile(r"[^\n]*")
_SHELL = re.compile(r"[^\s,;&\"']+")


def pairs(value: str) -> str:
    """The text with the values hidden that stand behind a secret's name."""
    found, at = [], 0
    while match := _NAMED.search(value, at):
        pair = _PAIR.match(value, match.start()) if _secret(match[0]) else None  # matching costs a look down the line
        if pair is None or not _secret(pair["name"]) or _in_arn(value, match.start()):
            found.append(value[at : match.end()])
            at = match.end()
            continue
        found += [value[at : pair.start()], pair["name"], pair["between"]]
        hidden, end = _hidden(pair)
        found.append(hidden)
        at = end
    return "".join([*found, value[at:]])


def _hidden(pair: re.Match[str]) -> tuple[str, int]:
    """What stands in place of the value, and where the text goes on."""
    if pair["list"] is not None:
        return (pair["list"] if _HARMLESS.match(pair["list"], 1) else f"[{REDACTED}]"), pair.end("list")
    if pair["quote"] is not None:
        shown = pair["quoted"] if not pair["quoted"] or _HARMLESS.match(pair["quoted"]) else REDACTED
        return f"{pair['quote']}{shown}{pair['end']}", pair.end("end")
    bare, name = pair["bare"], _words(pair["name"])
    if not bare or _HARMLESS.match(bare) or _ERROR.match(bare) or (name[-1] in _WEAK and _PROSE.match(bare)):
        return "", pair.end("between")
    if "=" in pair["mark"] and name[-1] not in _HEADERS:
        shell = _SHELL.match(bare)
        return (REDACTED, pair.start("bare") + shell.end()) if shell else ("", pair.end("between"))
    if name[-1] in _HEADERS:
        line = _LINE.match(pair.string, pair.start("bare"))
        return REDACTED, line.end() if line else pair.end("bare")
    return REDACTED, pair.end("bare")


def _secret(name: str) -> bool:
    if _ERROR_CODE.match(name):
        return False
    words = _words(_AFTERTHOUGHT.sub("", name) or name)
    if not words:
        return False
    last = words[-1]
    if last in ("key", "keys"):
        return len(words) > 1 and words[-2] not in _HARMLESS_KEYS
    fused = "".join(words[-2:]).removesuffix("s")  # passwords, tokens
    return last in _STRONG_ALONE | _WEAK or fused.endswith(_STRONG)


def _words(name: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(name)] or [""]


def _in_arn(value: str, start: int) -> bool:
    """Whether the name is a part of an ARN: ``…:123456789012:secret:db-AbCdEf``."""
    before = value[max(0, start - 300) : start].split()
    return bool(before) and not value[start - 1].isspace() and "arn:" in before[-1]
