"""Which troubleshooting instructions are for a fault, and in which order an incident takes them: pure functions."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import NamedTuple

from models.dossier import Dossier
from models.dossier.instructions import Symptom, Troubleshooting
from models.slices import InstructionMatch


class IllParts(NamedTuple):
    """What is ill, by names of the dossier."""

    components: Set[str]
    points: Set[str]
    """Measuring points."""
    roots: Sequence[str] = ()
    """Components where the fault begins: ill, and needing no other component that is ill."""


class _Candidate(NamedTuple):
    rank: tuple[bool, int, int, bool]
    match: InstructionMatch


def matching(dossier: Dossier, fault: IllParts) -> list[InstructionMatch]:
    """The instructions whose symptom matches, the most specific first; among equals the one that is written first.

    An instruction for where the fault begins comes before one for a component that only suffers from it. Then more ill
    points of the symptom come before fewer, a symptom that is ill as a whole before one that is ill in part, and one that
    names a component before one that names none.
    """
    found = [
        _candidate(dossier, name, instruction, fault)
        for name, instruction in dossier.instructions.troubleshooting.items()
        if _matches(instruction.symptom, fault)
    ]
    # A sort in reverse leaves equals in their order, too.
    return [candidate.match for candidate in sorted(found, key=lambda c: c.rank, reverse=True)]


def _matches(symptom: Symptom, fault: IllParts) -> bool:
    return (not symptom.components or bool(fault.components & set(symptom.components))) and (
        not symptom.measuring_points or bool(fault.points & set(symptom.measuring_points))
    )


def _candidate(dossier: Dossier, name: str, instruction: Troubleshooting, fault: IllParts) -> _Candidate:
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
            why=_why(symptom, points, about, fault, at_root=at_root),
        ),
    )


def _about(dossier: Dossier, symptom: Symptom, points: Sequence[str], fault: IllParts) -> list[str]:
    """The ill components that an instruction is for, in the dossier's order."""
    known = dossier.monitoring.measuring_points
    if points:
        of_points = {known[p].component for p in points if p in known}
        named = of_points & set(symptom.components) if symptom.components else of_points
        about: Set[str] = named or of_points
    else:
        about = fault.components & set(symptom.components) if symptom.components else fault.components
    return [name for name in dossier.architecture.components if name in about]


def _why(symptom: Symptom, points: Sequence[str], about: Sequence[str], fault: IllParts, *, at_root: bool) -> str:
    if not symptom.measuring_points and not symptom.components:
        return "it names no symptom, so it is for every fault"
    if points:
        every = len(points) == len(symptom.measuring_points)
        said = f"{_are(points)} ill" + (
            "" if every else f" ({len(points)} of its {len(symptom.measuring_points)} points)"
        )
    else:
        said = f"{_are(about)} ill"
    roots = ", ".join(fault.roots)
    if not fault.roots or not about:
        return said
    return f"{said}, and the fault begins in {roots}" if at_root else f"{said}, but the fault begins in {roots}"


def _are(names: Sequence[str]) -> str:
    return f"{', '.join(names)} {'is' if len(names) == 1 else 'are'}"
