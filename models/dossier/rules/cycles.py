"""Circular dependencies, and circles of jump hosts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from models.dossier.rules.registry import RuleFinding, plain_error
from models.dossier.source import walk

Graph = dict[str, list[str]]


@plain_error("dependency-cycle")
def dependencies_end(data: dict[str, Any]) -> Iterator[RuleFinding]:
    """No component depends on itself, directly or through others; otherwise no start order exists."""
    graph: Graph = {}
    for place, needed in walk(data, ("architecture", "components", "*", "depends_on", "*")):
        if isinstance(needed, str):
            graph.setdefault(str(place[2]), []).append(needed)
    for circle in circles(graph):
        place = ("architecture", "components", circle[0], "depends_on")
        what = f"components depend on each other in a circle: {_path(circle)}"
        yield RuleFinding(place, what, "remove one of these dependencies")


@plain_error("jump-cycle")
def jumps_end(data: dict[str, Any]) -> Iterator[RuleFinding]:
    """No host is reached through itself, directly or through other jump hosts."""
    graph: Graph = {}
    for place, jump in walk(data, ("architecture", "hosts", "*", "jump")):
        if isinstance(jump, str):
            graph[str(place[2])] = [jump]
    for circle in circles(graph):
        place = ("architecture", "hosts", circle[0], "jump")
        yield RuleFinding(place, f"jump hosts lead in a circle: {_path(circle)}", "reach one of them directly")


def _path(circle: list[str]) -> str:
    names = [*circle, circle[0]]
    if len(names) > 12:
        names = [*names[:6], "...", *names[-5:]]
    return " -> ".join(names)


def circles(graph: Graph) -> Iterator[list[str]]:
    """Yield one circle for each edge that closes one, without recursion; the walk visits every edge once."""
    done: set[str] = set()
    for start in graph:
        path: dict[str, Iterator[str]] = {} if start in done else {start: iter(graph[start])}
        while path:
            name = next(reversed(path))
            following = next(path[name], None)
            if following is None:
                del path[name]
                done.add(name)
            elif following in path:
                names = list(path)
                yield names[names.index(following) :]
            elif following not in done:
                path[following] = iter(graph.get(following, []))
