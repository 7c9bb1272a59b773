"""How each kind of probe is carried out: the kind `NAME` of `models/probes.py` in the file `NAME.py`.

A file declares one function with `@carries_out(KIND)`. A package does so in the module of its kind, or in one which that imports.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final, TypeVar

from activities.probes.finding import ProbeFinding
from activities.probes.tools import ProbeTools
from models.errors import ProbeError
from models.probe_kinds import PROBES, Probe

_Kind = TypeVar("_Kind", bound=Probe)
_CarryOut = Callable[[_Kind, ProbeTools], Awaitable[ProbeFinding]]


@dataclass(frozen=True, slots=True)
class WayOfProbing:
    """The function for one kind of probe."""

    carry_out: Callable[[Any, ProbeTools], Awaitable[ProbeFinding]]
    keeps_time: bool


_WAYS: Final[dict[type[Probe], WayOfProbing]] = {}


def carries_out(kind: type[_Kind], *, keeps_time: bool = False) -> Callable[[_CarryOut[_Kind]], _CarryOut[_Kind]]:
    """Declare the function for a kind: `async def carry_out(probe, tools) -> ProbeFinding`.

    It may raise OSError, TimeoutError and `ProbeError`, which become a sample. It is cancelled after the probe's
    `timeout`, unless it keeps the time itself (`keeps_time`), as for work that waits for a free thread.
    """

    def declare(carry_out: _CarryOut[_Kind]) -> _CarryOut[_Kind]:
        _WAYS[kind] = WayOfProbing(carry_out, keeps_time)
        return carry_out

    return declare


def load_ways() -> None:
    """Load the functions of all kinds, so that no probe counts the import as latency of its target."""
    for kind in PROBES.all().values():
        with suppress(ProbeError):  # a probe of that kind reports the error
            way_of(kind)


def way_of(kind: type[Probe]) -> WayOfProbing:
    """Return the function for a kind. Raises `ProbeError` if none is declared."""
    if kind not in _WAYS:
        module = f"{__name__}.{kind.model_fields['type'].default}"
        if find_spec(module) is not None:
            import_module(module)
    if kind not in _WAYS:
        raise ProbeError(f"no function carries out {kind.__name__}; declare one with @carries_out({kind.__name__})")
    return _WAYS[kind]
