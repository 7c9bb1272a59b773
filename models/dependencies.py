"""The dependency graph of an application.

Components that need each other in a circle count as one, here and nowhere else: they are in one layer, and a fault that
several of them show begins in each of them. Publishing refuses a circle, but an older version of a dossier, or the
answer of an activity of an earlier release, may contain one.

Every result has a defined order, because workflows act in that order, and the order of a set differs between processes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from models.scope import Scope


class Dependencies:
    """The dependencies: each component with those that it needs directly. A name that the graph does not contain needs
    nothing.
    """

    def __init__(self, needed: Mapping[str, Iterable[str]]) -> None:
        self._needs = {name: list(others) for name, others in needed.items()}
        self._needed_by: dict[str, list[str]] = {}
        for name, others in self._needs.items():
            for other in dict.fromkeys(others):
                self._needed_by.setdefault(other, []).append(name)

    def distances(self, component: str) -> dict[str, int]:
        """Return the dependency distance to each component that this one needs, the nearest first; its own distance is
        0.
        """
        return _distances(self._needs, [component])

    def needs(self, component: str) -> list[str]:
        """Return all other components that this one needs, directly or through others; the nearest first."""
        return list(_distances(self._needs, [component]))[1:]

    def dependants(self, component: str) -> list[str]:
        """Return all other components that need this one, directly or through others; the nearest first."""
        return list(_distances(self._needed_by, [component]))[1:]

    def with_needs(self, components: Iterable[str]) -> list[str]:
        """Return the known ones of these components with all that they need, in the graph's order."""
        return self._in_order(_distances(self._needs, components))

    def with_dependants(self, components: Iterable[str]) -> list[str]:
        """Return the known ones of these components with all that need them, in the graph's order."""
        return self._in_order(_distances(self._needed_by, components))

    def covering(self, scope: Scope) -> Scope:
        """Return the scope that a lease must cover: this scope and all components that depend on it."""
        return scope if scope.whole else Scope.of(self.with_dependants(scope.names))

    def roots(self, failing: Collection[str]) -> list[str]:
        """Return the failing components that need no other failing one, in the graph's order."""
        return self._first_of(self._in_order(failing))

    def layers(self, components: Collection[str]) -> list[list[str]]:
        """Group components in layers: each needs only those of earlier layers, or of its own layer in a circle."""
        left, found = list(components), []
        while left:
            layer = self._first_of(left)
            found.append(layer)
            left = [name for name in left if name not in layer]
        return found

    def _first_of(self, components: Collection[str]) -> list[str]:
        """Return the components that need none of the others, except those in a circle with them."""
        return [
            name for name in components if set(self.needs(name)).intersection(components) <= set(self.dependants(name))
        ]

    def _in_order(self, components: Collection[str]) -> list[str]:
        return [name for name in self._needs if name in components]


def _distances(edges: Mapping[str, Iterable[str]], begin: Iterable[str]) -> dict[str, int]:
    found = dict.fromkeys(begin, 0)
    reached = list(found)
    for name in reached:  # grows while it is walked: breadth first, so that the first way found is the shortest
        for other in edges.get(name, ()):
            if other not in found:
                found[other] = found[name] + 1
                reached.append(other)
    return found
