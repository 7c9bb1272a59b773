"""Records how an instruction fared, and decides whether to wait for recovery."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from temporalio import workflow

from models.dossier.instructions import ProbeStep, Step
from models.jobs import Outcome
from models.proof import ProofRecord, Use, use_of
from models.runbooks import StepReport


def how_it_fared(
    outcome: Outcome, reports: Sequence[StepReport], ended_at: Step | None, *, healthy: bool = True
) -> Use | None:
    """Return what to record about a remedy; None if there is nothing, because no command started or the result is
    unknown.

    `healthy` is the health proven afterwards; None if that was not checked. `ended_at` is the step that was not OK.
    """
    if outcome is Outcome.OK:
        return Use.CARRIED_OUT if healthy else Use.DID_NOT_HELP
    if any(report.command_failed for report in reports):
        return use_of(well=False, rehearsed=False)
    return Use.DID_NOT_HELP if isinstance(ended_at, ProbeStep) else None


def needs_time(reports: Sequence[StepReport], ended_at: Step | None) -> bool:
    """Whether the steps may need more time to have an effect.

    They do not if no step changed anything, if the only command failed, or if a step already waited for health without
    success.
    """
    if isinstance(ended_at, ProbeStep):
        return False
    return any(r.outcome is Outcome.UNKNOWN or (r.changed and r.outcome is Outcome.OK) for r in reports)


def proof_by_this_run(
    application: str, instruction: str, use: Use, dossier: str, at: datetime | None = None
) -> ProofRecord:
    """Return the record of how an instruction fared in this workflow; the time is now unless `at` is given."""
    info = workflow.info()
    return ProofRecord(
        application=application,
        instruction=instruction,
        use=use,
        operation=info.workflow_id,
        run=info.run_id,
        dossier=dossier,
        at=at or workflow.now(),
    )
