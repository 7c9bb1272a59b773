"""On which components steps act: what a lease must cover before they are carried out."""

from __future__ import annotations

from collections.abc import Iterable

from models.dossier.instructions import RestartStep, RunbookStep, RunStep, StartStep, Step, StopStep
from models.slices import ApplicationPlan

WHOLE: list[str] = []
"""No components stand for the whole application."""


def scope_of(plan: ApplicationPlan, steps: Iterable[Step], component: str | None = None) -> list[str] | None:
    """The components that steps act on, in the dossier's order; an empty list is the whole application, None is nothing.

    `component` is what a run step is about that names neither component nor host.
    """
    touched: set[str] = set()
    acts = False
    for step in steps:
        match step:
            case RunStep(read_only=True):
                continue
            case RunStep():
                own = step.component or (None if step.host else component)
                found = {own} if own else on_host(plan, step.host or "")
            case StartStep() | StopStep() | RestartStep():
                found = {step.component}
            case RunbookStep():
                named = step.inputs.get("component")
                found = {str(named)} if named else set()
            case _:
                continue
        if not found:
            return WHOLE
        acts, touched = True, touched | found
    return [name for name in plan.components if name in touched] if acts else None


def on_host(plan: ApplicationPlan, host: str) -> set[str]:
    """The components that stand on a host."""
    return {name for name, part in plan.components.items() if host in {p.host.name for p in part.placements}}
