"""The dependency graph of an application: who needs whom."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence


def needs(graph: Mapping[str, Sequence[str]], component: str) -> set[str]:
    """All that a component needs, directly or through others; the graph maps a component to those it needs."""
    found: set[str] = set()
    frontier = set(graph.get(component, ()))
    while frontier:
        found |= frontier
        frontier = {name for needed in frontier for name in graph.get(needed, ())} - found
    return found


def begins_in(graph: Mapping[str, Sequence[str]], failing: Collection[str]) -> list[str]:
    """The failing components that need no other failing one: where a fault begins; in the graph's order."""
    return [name for name in graph if name in failing and not (needs(graph, name) - {name}) & set(failing)]
