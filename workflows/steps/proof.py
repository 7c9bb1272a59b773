"""How a remedy fared: what is kept of it as proof, and whether recovery is worth waiting for."""

from __future__ import annotations

from collections.abc import Sequence

from models.dossier.instructions import ProbeStep, Step
from models.jobs import Outcome
from models.proof import Use, use_of
from models.runbooks import StepReport


def how_it_fared(
    outcome: Outcome, reports: Sequence[StepReport], ended_at: Step | None, *, healthy: bool = True
) -> Use | None:
    """What to keep of a remedy; None: nothing was learnt of it, as when no command was begun or the result is unknown.

    `healthy` says whether health was proven afterwards, where that was looked at; `ended_at` is the step that was not OK.
    """
    if outcome is Outcome.OK:
        return Use.CARRIED_OUT if healthy else Use.DID_NOT_HELP
    if any(report.command_failed for report in reports):
        return use_of(well=False, rehearsed=False)
    return Use.DID_NOT_HELP if isinstance(ended_at, ProbeStep) else None


def needs_time(reports: Sequence[StepReport], ended_at: Step | None) -> bool:
    """Whether what was done may still need time to help.

    Not where nothing was done, where the one command failed, or where a step has waited for health in vain already.
    """
    if isinstance(ended_at, ProbeStep):
        return False
    return any(r.outcome is Outcome.UNKNOWN or (r.changed and r.outcome is Outcome.OK) for r in reports)
