"""The question for the next step, which people get when no remedy has helped, and its answers."""

from __future__ import annotations

from models.dossier.agreement import CauseCode
from models.gates import WHAT_NEXT, GateOption, Question
from models.plans import IncidentPlan

VERIFY = "verify"
RETRY = "retry"
CLOSE = "close"
REMEDY = "remedy"
RUNBOOK = "runbook"


def handover_question(plan: IncidentPlan, *, tried: bool, reason: str, on: str) -> Question:
    """Ask people for the next step. `on` is the component that a runbook would act on; `reason` says why health is not proven."""
    remedies = [GateOption(name=option(REMEDY, r.name), means=f"Carry out: {r.title}") for r in plan.remedies]
    runbooks = [GateOption(name=option(RUNBOOK, r.name), means=f"{r.title}, on {on}") for r in plan.runbooks if on]
    so_far = "No agreed remedy has helped" if tried else "No remedy has been tried"
    return Question(
        text=f"{so_far} ({reason}). {WHAT_NEXT}",
        options=[
            GateOption(name=VERIFY, means="You have fixed it: prove by probes that it stays healthy, then close."),
            GateOption(name=RETRY, means="Confirm the fault, collect evidence and try all remedies again."),
            *remedies,
            *runbooks,
            GateOption(name=CLOSE, means="Close without proof of recovery.", needs_reason=True),
        ],
        deciders=plan.handover_deciders,
        roles=plan.handover.roles,
        within_seconds=plan.handover.within.total_seconds(),
    )


def option(kind: str, name: str) -> str:
    """The name of the option for a remedy or a runbook, at most 40 characters."""
    return f"{kind}-{name}"[:40]


def cause_of(plan: IncidentPlan, remedy: str | None) -> CauseCode | None:
    """The cause code that the dossier gives to the remedy that helped; None without one."""
    return plan.causes.get(remedy) if remedy else None
