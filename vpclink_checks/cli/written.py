"""The config that ``vpclink init`` writes: what was found, and what may be added next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from vpclink_checks.cli.leading import Found, Lead, Link
from vpclink_checks.settings import EnvSettings
from vpclink_checks.settings.rules import ACCOUNT, BASE_PATH, DOMAIN, FILLED

_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}


def config_text(found: Found, how: EnvSettings, today: date) -> str:
    """A vpclink.toml of one environment. *how*: its name, and how the account was reached."""
    lines = [
        f"# Written by vpclink init on {today}. Every key: docs/config.md of vpclink-checks.",
        f"[env.{how.name}]",
        *_place(found, how),
        *_domains(found),
        *_links(found),
        *_more(found, how),
    ]
    return "".join(f"{line}\n" for line in lines)


def starts(found: Found) -> bool:
    """Whether there is anything that a config can start from."""
    return bool(_domains_of(found) or _links_of(found.unled))


def _place(found: Found, how: EnvSettings) -> Iterator[str]:
    yield f"region = {quoted(found.region)}"
    if ACCOUNT.fits(found.account):
        yield f"account = {quoted(found.account)}  # nothing is read in any other"
    for key in ("profile", "role_arn", "external_id", "endpoint_url"):
        if value := getattr(how, key):
            yield f"{key} = {quoted(value)}"


def _domains_of(found: Found) -> list[str]:
    """As the config takes them: what it would refuse is left to a comment."""
    return [name for name in found.leading if DOMAIN.fits(name)]


def _links_of(links: Iterable[Link]) -> list[Link]:
    return [link for link in links if FILLED.fits(link.id)]


def _domains(found: Found) -> Iterator[str]:
    names = _domains_of(found)
    if found.leads:
        yield ""
        yield "# Where the custom domains lead:"
        yield from (comment(told(lead, found)) for lead in found.leads)
    if names:
        yield f"domain = {_strings(names)}"
        yield from _base_paths(found, names)
    refused = [name for name in found.leading if name not in names]
    yield from (comment(f"{name}: no name that this config takes", "") for name in refused)


def _base_paths(found: Found, names: Iterable[str]) -> Iterator[str]:
    leads = (lead for lead in found.leads if lead.domain in names and lead.link and lead.base_path)
    paths = [base for base in dict.fromkeys(lead.base_path for lead in leads) if BASE_PATH.fits(base)]
    if paths:
        yield "# Every mapping that leads to a VPC link is checked, unless this names those that are to be:"
        yield comment(f"base_paths = {_strings(paths, several=True)}", "")


def _links(found: Found) -> Iterator[str]:
    """A link of version 2 does not say where it leads: named in a config, it would stay unknown for ever."""
    unled = _links_of(found.unled)
    first = [link for link in unled if link.version == 1]
    second = [link for link in unled if link.version != 1]
    if unled:
        yield ""
        yield "# VPC links that no custom domain leads to:"
        yield from (comment(link.title) for link in unled)
    alone = not _domains_of(found) and not first
    if first or (alone and second):
        yield f"vpc_links = {_strings([link.id for link in first or second], several=True)}"
    if second and not alone:
        yield "# Those of version 2 do not say where they lead: what lies behind stays unknown. To start there as well:"
        yield comment(f"vpc_links = {_strings([link.id for link in unled], several=True)}", "")


def _more(found: Found, how: EnvSettings) -> Iterator[str]:
    base = next((lead.base_path for lead in found.leads if lead.link and BASE_PATH.fits(lead.base_path)), "orders")
    yield ""
    yield "# What may be added next:"
    if _domains_of(found):
        yield "# dns = { external = true }  # the domain's zone is not in this account"
    yield '# auth = "required"  # every route to the backend must ask for authorization'
    yield "#"
    yield f"# [[env.{how.name}.backend]]  # what a path must turn out to be"
    if _domains_of(found):
        yield comment(f"base_path = {quoted(base)}", "")
    yield '# service = "orders"'
    yield '# container = "api"'
    yield '# host_ports = { "8080" = 10000 }  # containerPort = hostPort'
    yield "#"
    yield f"# [[env.{how.name}.probe]]  # default: one GET made from each route"
    yield '# path = "/orders/health"'
    yield f"# [env.{how.name}.probe.expect]"
    yield "# status = [200]"


def told(lead: Lead, found: Found) -> str:
    """``api.example.com/orders → orders (prod) → abc123 orders (version 1)``."""
    of = " (private)" if lead.domain in found.private else ""
    return f"{lead.domain}/{lead.base_path.removeprefix('(none)')}{of} → {through(lead)} → {behind(lead, found)}"


def through(lead: Lead) -> str:
    """``orders (prod)``; the API, and its stage where one is named."""
    return f"{lead.api} ({lead.stage})" if lead.stage else lead.api or ("?" if lead.unknown else "no mapping")


def behind(lead: Lead, found: Found) -> str:
    """The link, that there is none, or why that is not known."""
    if lead.link:
        link = found.link(lead.link)
        return link.title if link else f"{lead.link} (there is no such link)"
    return f"not known ({lead.unknown})" if lead.unknown else "no VPC link"


def comment(text: str, lead: str = "  ") -> str:
    """A line of comment; TOML takes no control characters there."""
    return f"# {lead}{''.join(char if char.isprintable() else ' ' for char in text)}"


def quoted(text: str) -> str:
    """A basic string of TOML; half a surrogate pair is no character, and replaced."""
    return '"' + "".join(_escaped(char) for char in text) + '"'


def _escaped(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if "\ud800" <= char <= "\udfff":
        return "\ufffd"
    return char if char.isprintable() else f"\\U{ord(char):08x}"


def _strings(texts: list[str], *, several: bool = False) -> str:
    """An array; a lone string where one is enough."""
    if len(texts) == 1 and not several:
        return quoted(texts[0])
    return f"[{', '.join(map(quoted, texts))}]"
