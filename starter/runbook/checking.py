"""The check of a runbook's inputs against the published dossier, before the command starts anything."""

from __future__ import annotations

from activities.records import Records
from models.runbooks import RunbookInput
from runbooks.carry_out_remedy import CarryOutRemedyInput
from starter.terminal.applications import require_components, require_remedy


def require_inputs(records: Records, order: RunbookInput) -> None:
    """Raise `NotFoundError`, with the known names, if the dossier lacks the component or the remedy of the inputs."""
    component = getattr(order, "component", None)
    if isinstance(component, str):
        require_components(records, order.application, [component])
    if isinstance(order, CarryOutRemedyInput):
        require_remedy(records, order.application, order.instruction, order.remedy)
