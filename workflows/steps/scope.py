"""Finds the components that steps act on, which a lease must cover."""

from __future__ import annotations

from collections.abc import Iterable

from models.dossier.instructions import RestartStep, RunbookStep, RunStep, StartStep, Step, StopStep
from models.plans import ApplicationPlan
from models.scope import WHOLE, Scope


def scope_of(plan: ApplicationPlan, steps: Iterable[Step], component: str | None = None) -> Scope | None:
    """Return the components that steps act on, in the dossier's order; None: they act on none.

    Run steps that name neither component nor host act on `component`.
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
    return Scope.of(name for name in plan.components if name in touched) if acts else None


def on_host(plan: ApplicationPlan, host: str) -> set[str]:
    """Return the components on a host."""
    return {name for name, part in plan.components.items() if host in {p.host.name for p in part.routed_hosts}}
