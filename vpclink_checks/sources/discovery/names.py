"""What paths are called: ids made from names, the same from run to run, no two alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace

from vpclink_checks.model.path import Path


def named(paths: Iterable[Path]) -> tuple[Path, ...]:
    """The paths with their ids and titles, in their order."""
    plain = [replace(path, id=_id(path), title=_title(path)) for path in paths]
    for tell_apart in (_group, _stage, _api, _rule, _gateway_routes):
        plain = _apart(plain, tell_apart)
    return tuple(_numbered(plain))


def _front(path: Path) -> str:
    """Where callers come in: ``api.example.com/orders``; a path that has no such place brings its title."""
    if path.title:
        return path.title
    if path.rule is not None:
        base = "|".join(path.rule.base_paths)
        return f"{path.rule.domain}/{base} (rule {path.rule.priority})"
    if path.mapping is not None:
        return path.mapping.title
    return path.domain.name if path.domain else ""


def _middle(path: Path) -> str:
    """The load balancer and port, or as near to them as is known."""
    if path.load_balancer and path.listener:
        return f"{path.load_balancer.name}:{path.listener.port}"
    where = path.destination
    if where is None:
        return ""
    return f"{where.host}:{where.port}" if where.host else (where.target or where.uri or where.connection_id)


def _back(path: Path) -> str:
    """The container behind it, or the target group."""
    if path.container_name:
        owner = path.service.name if path.service else (path.task_definition.family if path.task_definition else "")
        return f"{owner}/{path.container_name}:{path.container_port}"
    if path.service:
        return path.service.name
    return path.target_group.name if path.target_group else ""


def _id(path: Path) -> str:
    parts = (_front(path), _middle(path), _back(path), path.variant)
    return "|".join(part for part in parts if part)


def _title(path: Path) -> str:
    leads_to = _back(path) or _middle(path)
    title = f"{_front(path)} → {leads_to}" if leads_to else _front(path)
    return f"{title} ({path.variant})" if path.variant else title


def _group(path: Path) -> str:
    return path.target_group.name if path.target_group else ""


def _stage(path: Path) -> str:
    return path.stage.name if path.stage else ""


def _api(path: Path) -> str:
    return path.api.name if path.api else ""


def _rule(path: Path) -> str:
    return f"rule {path.listener_rule.priority}" if path.listener_rule else ""


def _gateway_routes(path: Path) -> str:
    return path.routes[0].title if path.routes else ""


def _apart(paths: list[Path], tell: Callable[[Path], str]) -> list[Path]:
    """Add a word to the ids that several paths share, where that word is not the same for all of them."""
    counts = Counter(path.id for path in paths)
    words: dict[str, set[str]] = {}
    for path in paths:
        words.setdefault(path.id, set()).add(tell(path))
    return [
        replace(path, id=f"{path.id}|{tell(path)}", title=f"{path.title} [{tell(path)}]")
        if counts[path.id] > 1 and len(words[path.id]) > 1 and tell(path)
        else path
        for path in paths
    ]


def _numbered(paths: list[Path]) -> Iterable[Path]:
    seen: Counter[str] = Counter()
    for path in paths:
        seen[path.id] += 1
        number = seen[path.id]
        yield path if number == 1 else replace(path, id=f"{path.id}#{number}", title=f"{path.title} #{number}")
