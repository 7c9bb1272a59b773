"""Extensions from other packages: found by Python entry points, and loaded on demand.

A broken package affects only the features that use it. Each fault is one sentence, which `driftvakt doctor` and the
worker print.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any, Generic, TypeVar

from models.errors import ExtensionError

_Kind = TypeVar("_Kind")


class ExtensionGroup(StrEnum):
    """A group of entry points, by its name in package metadata."""

    PROBES = "driftvakt.probes"
    CHANNELS = "driftvakt.channels"
    BLOCKS = "driftvakt.blocks"
    REPORT_BLOCKS = "driftvakt.report_blocks"
    RUNBOOKS = "driftvakt.runbooks"
    OPERATIONS = "driftvakt.operations"

    @property
    def noun(self) -> str:
        """The noun for one extension of the group, for people."""
        return {
            ExtensionGroup.PROBES: "probe kind",
            ExtensionGroup.CHANNELS: "notice channel",
            ExtensionGroup.BLOCKS: "block",
            ExtensionGroup.REPORT_BLOCKS: "report block",
            ExtensionGroup.RUNBOOKS: "runbook",
            ExtensionGroup.OPERATIONS: "kind of operation",
        }[self]


@dataclass(frozen=True, slots=True)
class Extension:
    """One entry point of one package."""

    group: ExtensionGroup
    name: str
    package: str
    """The name of the package in pip."""
    version: str
    value: str
    """The place: `module:attribute`."""
    load: Callable[[], Any]
    """Import the extension. This runs code of the package, which may raise any exception."""

    def __str__(self) -> str:
        return f"the {self.group.noun} {self.name} of the package {self.package} {self.version}"


class Kinds(Generic[_Kind]):
    """The kinds of one group by name: Driftvakt's own, and those of packages."""

    def __init__(
        self,
        group: ExtensionGroup,
        own: Callable[[], Mapping[str, _Kind]],
        check: Callable[[Extension, Any], _Kind],
    ) -> None:
        """`check` returns the loaded kind, or raises ValueError with `what is wrong; how to fix it`."""
        self.group = group
        self._own, self._check = cache(own), check
        self._loaded: dict[str, _Kind | ExtensionError] = {}
        _EVERY.append(self)

    def find(self, name: str) -> _Kind | None:
        """Return the kind with this name; None if it is unknown. Raise `ExtensionError` if its package is broken."""
        own = self._own().get(name)
        if own is not None:
            return own
        found = self._load(name)
        if isinstance(found, ExtensionError):
            raise found
        return found

    def all(self) -> dict[str, _Kind]:
        """Load all kinds and return the usable ones: our own, then those of packages by name."""
        loaded = {name: self._load(name) for name in sorted(self._declared())}
        added = {
            name: kind for name, kind in loaded.items() if kind is not None and not isinstance(kind, ExtensionError)
        }
        return {**self._own(), **added}

    def has(self, name: str) -> bool:
        """Whether there is a kind of that name, a broken one too. Loads none, and asks for packages only if it is not our own."""
        return name in self._own() or name in self._declared()

    def names(self) -> list[str]:
        """The names of all kinds, including broken ones; loads none."""
        return list(dict.fromkeys([*self._own(), *sorted(self._declared())]))

    def faults(self) -> list[str]:
        """Load all kinds; return a sentence for each entry point that cannot be used."""
        return [str(fault) for fault in self.faults_by_name().values()]

    def faults_by_name(self) -> dict[str, ExtensionError]:
        """Load all kinds; return the error of each entry point that cannot be used, by its name."""
        found = {
            name: self._fault_of_own_name(self._declared()[name][0]) for name in self._own() if name in self._declared()
        }
        for name in sorted(self._declared()):
            if isinstance(loaded := self._load(name), ExtensionError):
                found[name] = loaded
        return found

    def _declared(self) -> dict[str, list[Extension]]:
        by_name: dict[str, list[Extension]] = {}
        for one in declared(self.group):
            by_name.setdefault(one.name, []).append(one)
        return by_name

    def _load(self, name: str) -> _Kind | ExtensionError | None:
        """Load the entry point with this name; None if there is none, or if the name is one of our own."""
        if name not in self._loaded:
            extensions = [] if name in self._own() else self._declared().get(name, [])
            if not extensions:
                return None
            self._loaded[name] = self._carefully(extensions)
        return self._loaded[name]

    def _carefully(self, extensions: list[Extension]) -> _Kind | ExtensionError:
        one, *others = extensions
        if others:
            packages = " and ".join(sorted(each.package for each in extensions))
            what = f"the packages {packages} each add a {one.group.noun} {one.name} (entry points in {one.group})"
            return ExtensionError(f"{what}; uninstall all but one of them")
        try:
            loaded = one.load()
        except (Exception, SystemExit) as error:  # whatever the package does wrong, the others go on
            why = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
            what = f"{one} cannot be loaded from {one.value}: {why}"
            return ExtensionError(f"{what}; fix or uninstall {one.package}")
        try:
            return self._check(one, loaded)
        except ValueError as error:
            return ExtensionError(f"{one} cannot be used: {error}")

    def _fault_of_own_name(self, one: Extension) -> ExtensionError:
        what = f"{one} has the name of a {one.group.noun} of Driftvakt's own, and is not used"
        return ExtensionError(f"{what}; rename the entry point {one.name} in {one.group}, or uninstall {one.package}")

    def forget(self) -> None:
        """Clear the cache: for tests that add packages to a running process."""
        self._loaded.clear()


_EVERY: list[Kinds[Any]] = []


def declared(group: ExtensionGroup) -> list[Extension]:
    """Return the entry points of a group in all installed packages, sorted by name and package, without importing
    them.
    """
    return [one for one in _all_declared() if one.group is group]


@cache
def _all_declared() -> tuple[Extension, ...]:
    # Here, because commands that need no extension must not pay for it.
    from importlib.metadata import entry_points

    found = [
        Extension(
            group=group,
            name=point.name,
            package=point.dist.name if point.dist else "unknown",
            version=point.dist.version if point.dist else "",
            value=point.value,
            load=point.load,
        )
        for group in ExtensionGroup
        for point in entry_points(group=group.value)
    ]
    return tuple(sorted(found, key=lambda one: (one.group, one.name, one.package)))


def load_all() -> list[str]:
    """Load every extension once; return a sentence for each that cannot be used.

    A worker calls this first, because the workflow sandbox cannot read from disk.
    """
    # They declare their registries when they are loaded.
    from models import channels, operation_kinds, probe_kinds, report_block_kinds  # noqa: F401

    return [fault for kinds in _EVERY for fault in kinds.faults()]


def forget() -> None:
    """Clear the cache of found packages: for tests."""
    _all_declared.cache_clear()
    for kinds in _EVERY:
        kinds.forget()
