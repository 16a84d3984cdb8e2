"""What a secret looks like in a text, and by which names secrets go."""

from __future__ import annotations

import re
from functools import lru_cache

from vpclink_checks.sources.redact_pairs import pairs
from vpclink_checks.words import REDACTED

# Names: words that make a secret wherever they stand in a name, and words that do only when they stand alone.
_ANYWHERE = re.compile(
    r"passw|passphrase|secret|token|credential|api[-_.]?key|access[-_.]?key|private[-_.]?key|authoriz"
    r"|conn(ection)?[-_.]?str|bearer|signature",
    re.IGNORECASE,
)
_ALONE = {
    "key",
    "keys",
    "auth",
    "pwd",
    "pass",
    "pw",
    "dsn",
    "jwt",
    "cookie",
    "sas",
    "pin",
    "otp",
    "salt",
    "cred",
    "creds",
}
_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
# A name that ends so says where or which, not what: authServiceHost, tokenUrl, secretArn.
_WHEREABOUTS = {"host", "hostname", "url", "uri", "endpoint", "port", "arn", "domain", "region", "zone", "name", "link"}
_PLAIN_PLACE = re.compile(r"(?:https?://)?[A-Za-z0-9_.:{}$-]{1,255}(?:/[A-Za-z0-9_.{}$+-]{0,24})*", re.ASCII)

_ASSIGNED = (
    r"(?:passw(?:or)?d|passphrase|pwd|secret|token|credential|api[-_]?key|access[-_]?key|accountkey|signature|\bsig)"
    r"[\w.-]{0,64}"
)
_AS_IT_IS = r"(?!<redacted>)"
_WORD_GIVEN = r"(?:\"[^\"\n]*\"|'[^'\n]*'|[^\s\"']+)"
_TOLD = r"(?:passw(?:or)?d|passphrase|passcode|secret|token|(?:api|access|secret|private|encryption|signing)[ _-]?key)"
_ROUNDS = 8  # what one shape leaves may be another's: until nothing changes any more
_SHAPES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(shape, re.IGNORECASE | re.DOTALL), instead)
    for shape, instead in (
        # A key block, whole or cut off.
        (
            r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z0-9 ]{0,40}-----"
            r".*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z0-9 ]{0,40}-----|\Z)",
            REDACTED,
        ),
        # user:password in an http address, whatever the password holds, unless a port stands there.
        (
            rf"(?<=://){_AS_IT_IS}[^/\s\"'?#@:]{{1,99}}:(?!\d{{1,5}}(?:/|[?#][\w.%-]{{0,99}}=)|\$\{{)"
            rf"[^\s\"'@]{{1,300}}@(?:[^\s\"'/@]{{0,300}}@)*",
            f"{REDACTED}@",
        ),
        # scheme://user:password@host: the user alone may be a token too. Only in an http address may a / come before
        # an @ that is none of a user's.
        (rf"(?<=://){_AS_IT_IS}[^/\s\"'?#]+@", f"{REDACTED}@"),
        (rf"\b((?!https?:)[a-z][a-z0-9+.-]{{1,20}}://){_AS_IT_IS}[^\s\"']+@", rf"\g<1>{REDACTED}@"),
        # name=value in connection strings, queries, scripts; "name": "value" in JSON inside a text.
        (
            rf"({_ASSIGNED}\s*=\s*){_AS_IT_IS}(?!\$\{{stageVariables\.)(\"[^\"]*\"|'[^']*'|[^\s,;&\"']+)",
            rf"\g<1>{REDACTED}",
        ),
        (rf"({_ASSIGNED}\"\s*:\s*\"){_AS_IT_IS}(?!arn:)[^\"]+", rf"\g<1>{REDACTED}"),
        # An option of a command.
        (rf"(--(?:\w[\w-]{{0,40}}[-_.])?{_ASSIGNED}[ \t]+){_AS_IT_IS}(?!--)[^\s\"']+", rf"\g<1>{REDACTED}"),
        (rf"((?:-u|--user)[ \t]+[^\s:\"']{{1,100}}:){_AS_IT_IS}[^\s\"']+", rf"\g<1>{REDACTED}"),  # curl, wget
        (
            rf"(\b(?:(?:docker|podman|nerdctl|buildah)[ \t]+login\b[^\n;|&]{{0,200}}?[ \t]-p[ \t=]*"
            rf"|sshpass[ \t]+-p[ \t]*|mysql[a-z]{{0,8}}[ \t](?:[^\n;|&]{{0,200}}?[ \t])?-p"
            rf"|redis-cli[ \t](?:[^\n;|&]{{0,200}}?[ \t])?-a[ \t]+"
            rf"|identified[ \t]+by[ \t]+)){_AS_IT_IS}{_WORD_GIVEN}",
            rf"\g<1>{REDACTED}",
        ),
        # An element of XML.
        (
            rf"(<[\w:.-]{{0,40}}{_ASSIGNED}(?:[ ][^<>]{{0,100}})?>\s{{0,20}})[^<\s][^<]{{0,4000}}(?=</)",
            rf"\g<1>{REDACTED}",
        ),
        # A sentence: what follows is told from words by a digit, a capital inside it or its length.
        (
            rf"(\b{_TOLD}s?[ \t]{{1,8}}(?:is|was)[ \t]{{1,8}}){_AS_IT_IS}(?!arn:)"
            r"(?=\S{6})(?=\S{0,200}?\d|(?-i:\S{1,200}?[A-Z])|\S{16})\S+",
            rf"\g<1>{REDACTED}",
        ),
        # In the query of an address, where keys and the codes of functions go.
        (r"([?&](?:key|code)=)(?![{$<])[^\s&\"'<>]{8,}", rf"\g<1>{REDACTED}"),
        (r"\b((?:Bearer|Basic)\s+)[a-z0-9._~+/=-]{8,}", rf"\g<1>{REDACTED}"),
        (r"(?-i:\b(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{16}\b)", REDACTED),
        (r"(?-i:\beyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)*)", REDACTED),
        (
            r"\b(?:gh[opsur]_[a-z0-9]{20,}|github_pat_\w{20,}|gl(?:pat|rt|dt|ptt)-[\w-]{16,}|npm_[a-z0-9]{30,})",
            REDACTED,
        ),
        (r"\bxox[abeoprs]-[a-z0-9-]{8,}|\b[rs]k_(?:live|test)_[a-z0-9]{10,}|\bAIza[\w-]{30,}", REDACTED),
        (r"\bSG\.[\w-]{16,}\.[\w-]{16,}", REDACTED),
        (r"\b(?:hf_[a-z0-9]{20,}|do[opr]_v1_\w{32,}|ya29\.[\w-]{16,}|xapp-\d-[a-z0-9-]{8,})", REDACTED),
        (r"\bsk-(?:(?:ant|proj|or|svcacct|admin)-[\w-]{16,}|[a-z0-9]{32,})|(?-i:\bpypi-AgE)[\w-]{16,}", REDACTED),
        (r"(?<=hooks\.slack\.com/services/)[a-z0-9/]+", REDACTED),
        (
            r"(\b(?:discord(?:app)?\.com/api/(?:v\d{1,2}/)?webhooks|webhook\.office\.com/webhookb2)/)[^\s\"'<>]+",
            rf"\g<1>{REDACTED}",
        ),
        (rf"(authorization failure message:\s*){_AS_IT_IS}[^\s\"']+", rf"\g<1>{REDACTED}"),
    )
)


# Most texts of AWS's answers, told at a glance: ids, addresses, times, short words. No shape above fits any of them.
PLAIN = re.compile(
    r"(?:i|eni|eni-attach|sg|sgr|vpc|subnet|r|vol|ami|igw|rtb|acl|lt)-[0-9a-f]{8,17}"
    r"|[0-9a-f.:/]{1,45}|\d{4}-\d\d-\d\dT[\d:.]{5,15}(?:\+\d\d:\d\d|Z)|[A-Za-z]{1,7}",
    re.ASCII,
)


def text(value: str) -> str:
    """The text without what has the shape of a secret; the rest stays. Applied twice it gives the same."""
    return value if PLAIN.fullmatch(value) else searched(value)


# Without any of these, in small letters, there is no secret's name and no shape in a text.
_CLUE = re.compile(
    r"pass|secret|token|key|pw|kennwort|conn|jwt|dsn|sas|sig|otp|cred|bearer|basic|auth|cookie|pin|salt|@|-u[ \t]"
    r"|--user|a[ks]ia|abia|acca|eyj|gh[opsur]_|github_|gl(?:pat|rt|dt|ptt)-|npm_|xox|\b[rs]k[_-]|aiza|sg\.|slack|hf_"
    r"|do[opr]_v1|ya29|xapp|pypi|webhook|code=|login|mysql|redis-cli|identified",
)


@lru_cache(maxsize=32768)  # names and words come again and again
def searched(value: str) -> str:
    """:func:`text`, whatever is told at a glance."""
    if value.isascii() and not _CLUE.search(value.lower()):  # beyond ASCII, small letters may be other ones
        return value
    return thoroughly(value)


def thoroughly(value: str) -> str:
    """:func:`text`, whatever the text looks like."""
    for _ in range(_ROUNDS):
        before = value
        value = pairs(value)
        for shape, instead in _SHAPES:
            value = shape.sub(instead, value)
        if value == before:
            break
    return value


def secret_name(name: str) -> bool:
    """Whether a variable, header, tag or option of this name holds a secret, as far as names tell."""
    return bool(_ANYWHERE.search(name)) or bool(_ALONE.intersection(_words(name)))


def named(name: str, value: str) -> str:
    """The value of something that users name: hidden by its name, else by its shape."""
    if not secret_name(name):
        return text(value)
    whereabouts = _words(name)[-1:] and _words(name)[-1] in _WHEREABOUTS
    if whereabouts and _PLAIN_PLACE.fullmatch(value):
        return text(value)
    return REDACTED


def _words(name: str) -> list[str]:
    """``dbConnectionURL`` -> db, connection, url."""
    return [word.lower() for word in _WORD.findall(name)]
