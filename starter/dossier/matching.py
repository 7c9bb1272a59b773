"""The instructions that an incident would use."""

from __future__ import annotations

from collections.abc import Sequence

from activities.records.matching import FailingParts, matching
from models.dossier import Dossier
from models.errors import NotFoundError
from models.plans import InstructionMatch


def instructions_for(dossier: Dossier, points: Sequence[str]) -> list[InstructionMatch]:
    """Return the instructions for these failing measuring points, in the order in which an incident uses them.

    Raise `NotFoundError` with the known measuring points.
    """
    known = dossier.monitoring.measuring_points
    if unknown := [point for point in points if point not in known]:
        raise NotFoundError(f"{dossier.id} has no measuring point {unknown[0]!r}; it has {', '.join(known) or 'none'}")
    # As in an incident: only a measuring point of a component's health proves that the component fails.
    failing = {known[point].component for point in points if known[point].health}
    components = {known[point].component for point in points}
    return matching(
        dossier,
        FailingParts(components=components, points=set(points), roots=dossier.architecture.dependencies.roots(failing)),
    )
