"""Which instructions an incident would take, told before there is an incident."""

from __future__ import annotations

from collections.abc import Sequence

from activities.records.matching import IllParts, matching
from models.dossier import Dossier
from models.errors import NotFoundError
from models.slices import InstructionMatch
from workflows.steps.dependencies import begins_in


def instructions_for(dossier: Dossier, points: Sequence[str]) -> list[InstructionMatch]:
    """The instructions for these ill measuring points, in the order in which an incident takes them.

    `NotFoundError` names the measuring points that there are.
    """
    known = dossier.monitoring.measuring_points
    if unknown := [point for point in points if point not in known]:
        raise NotFoundError(f"{dossier.id} has no measuring point {unknown[0]!r}; it has {', '.join(known) or 'none'}")
    graph = {name: list(part.depends_on) for name, part in dossier.architecture.components.items()}
    # As in an incident: only what shows a component's health says that the component itself fails.
    failing = {known[point].component for point in points if known[point].health}
    components = {known[point].component for point in points}
    return matching(dossier, IllParts(components=components, points=set(points), roots=begins_in(graph, failing)))
