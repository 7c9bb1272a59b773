"""Select the troubleshooting instructions for a fault, in the order for the incident: pure functions."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import NamedTuple

from models.dossier import Dossier
from models.dossier.instructions import Symptom, Troubleshooting
from models.plans import InstructionMatch


class FailingParts(NamedTuple):
    """The failing parts, by names of the dossier."""

    components: Set[str]
    points: Set[str]
    """Measuring points."""
    roots: Sequence[str] = ()
    """The root components: failing, and needing no other failing component."""


class _Candidate(NamedTuple):
    rank: tuple[bool, int, int, bool]
    match: InstructionMatch


def matching(dossier: Dossier, fault: FailingParts) -> list[InstructionMatch]:
    """Return the instructions whose symptom matches, the most specific first; equal ones in the written order.

    An instruction for a root component precedes one for a component that only shows symptoms. Then more failing points
    of the symptom precede fewer, a symptom that fails completely precedes one that fails in part, and a symptom with a
    component precedes one without.
    """
    found = [
        _candidate(dossier, name, instruction, fault)
        for name, instruction in dossier.instructions.troubleshooting.items()
        if _matches(instruction.symptom, fault)
    ]
    # A sort in reverse leaves equals in their order, too.
    return [candidate.match for candidate in sorted(found, key=lambda c: c.rank, reverse=True)]


def _matches(symptom: Symptom, fault: FailingParts) -> bool:
    return (not symptom.components or bool(fault.components & set(symptom.components))) and (
        not symptom.measuring_points or bool(fault.points & set(symptom.measuring_points))
    )


def _candidate(dossier: Dossier, name: str, instruction: Troubleshooting, fault: FailingParts) -> _Candidate:
    symptom = instruction.symptom
    points = [p for p in symptom.measuring_points if p in fault.points]
    about = _about(dossier, symptom, points, fault)
    at_root = not fault.roots or any(c in fault.roots for c in about)
    component = next((c for c in fault.roots if c in about), next(iter(about), None))
    return _Candidate(
        rank=(at_root, len(points), len(points) - len(symptom.measuring_points), bool(symptom.components)),
        match=InstructionMatch(
            name=name,
            title=instruction.title,
            component=component,
            why=_why(symptom, points, about, fault),
        ),
    )


def _about(dossier: Dossier, symptom: Symptom, points: Sequence[str], fault: FailingParts) -> list[str]:
    """Return the failing components that an instruction is for, in the dossier's order."""
    known = dossier.monitoring.measuring_points
    if points:
        of_points = {known[p].component for p in points if p in known}
        named = of_points & set(symptom.components) if symptom.components else of_points
        about: Set[str] = named or of_points
    else:
        about = fault.components & set(symptom.components) if symptom.components else fault.components
    return [name for name in dossier.architecture.components if name in about]


def _why(symptom: Symptom, points: Sequence[str], about: Sequence[str], fault: FailingParts) -> str:
    if not symptom.measuring_points and not symptom.components:
        return "it names no symptom, so it matches every fault"
    if points:
        every = len(points) == len(symptom.measuring_points)
        said = _fail(points) + ("" if every else f" ({len(points)} of its {len(symptom.measuring_points)} points)")
    else:
        said = _fail(about)
    roots = ", ".join(fault.roots)
    if not fault.roots or not about:
        return said
    return f"{said}; root component{'s' if len(fault.roots) > 1 else ''} {roots}"


def _fail(names: Sequence[str]) -> str:
    return f"{', '.join(names)} {'fails' if len(names) == 1 else 'fail'}"
