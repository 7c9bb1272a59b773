"""The instructions that an incident uses for a symptom, in its order."""

from __future__ import annotations

from collections.abc import Sequence

from activities.records.matching import FailingParts, matching
from models.dossier import Dossier
from models.plans import InstructionMatch


def instructions_for_component(dossier: Dossier, name: str) -> Sequence[InstructionMatch]:
    """Return the instructions for a component all of whose measuring points fail, in the order of an incident."""
    points = {key for key, point in dossier.monitoring.measuring_points.items() if point.component == name}
    return matching(dossier, FailingParts(components={name}, points=points, roots=[name]))


def instructions_for_point(dossier: Dossier, name: str) -> Sequence[InstructionMatch]:
    """Return the instructions for one failing measuring point, in the order of an incident."""
    component = dossier.monitoring.measuring_points[name].component
    return matching(dossier, FailingParts(components={component}, points={name}, roots=[component]))
