"""Handing an incident over to people: what they are asked when no remedy helped, and what their answer means."""

from __future__ import annotations

from models.dossier.agreement import CauseCode
from models.gates import GateOption, Question
from models.slices import IncidentPlan

VERIFY = "verify"
RETRY = "retry"
CLOSE = "close"
REMEDY = "remedy"
RUNBOOK = "runbook"


def handover_question(plan: IncidentPlan, *, tried: bool, reason: str, on: str) -> Question:
    """How shall it go on? `on` is the component that a runbook would be carried out on."""
    remedies = [GateOption(name=option(REMEDY, r.name), means=f"Carry out: {r.title}") for r in plan.remedies]
    runbooks = [GateOption(name=option(RUNBOOK, r.name), means=f"{r.title}, on {on}") for r in plan.runbooks if on]
    sofar = "No agreed remedy has put it right" if tried else "Nothing has been tried"
    return Question(
        text=f"{sofar} ({reason}). How shall it go on?",
        options=[
            GateOption(name=VERIFY, means="You have put it right: prove by probes that health holds, then close."),
            GateOption(name=RETRY, means="Confirm, collect and try all remedies again."),
            *remedies,
            *runbooks,
            GateOption(name=CLOSE, means="Close without proof of recovery.", needs_reason=True),
        ],
        deciders=plan.handover_deciders,
        roles=plan.handover.roles,
        within_seconds=plan.handover.within.total_seconds(),
    )


def option(kind: str, name: str) -> str:
    """The option of a gate that takes a remedy or a runbook; an option has 40 characters at most."""
    return f"{kind}-{name}"[:40]


def cause_of(plan: IncidentPlan, remedy: str | None) -> CauseCode | None:
    """What an incident came from, if this remedy put it right and the dossier says so."""
    return plan.causes.get(remedy) if remedy else None
