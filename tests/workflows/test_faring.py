"""How a remedy fared: failed only where a command failed, and waited for only where it may still help."""

from __future__ import annotations

import pytest

from models.dossier.instructions import Approval, AskStep, ProbeStep, RunStep, Step
from models.jobs import Outcome
from models.proof import Use
from models.runbooks import StepReport
from workflows.steps.proof import how_it_fared, needs_time

RUN = RunStep(component="web", command="mend")
PROBE = ProbeStep(component="web")
ASK = AskStep(question="Go on?", approval=Approval(roles=["operator"]))


def report(outcome: Outcome, *, changed: bool = False, failed: bool = False) -> StepReport:
    return StepReport(title="it", outcome=outcome, changed=changed, command_failed=failed, detail="")


DONE = report(Outcome.OK, changed=True)
NOTHING_TO_DO = report(Outcome.OK)
COMMAND_FAILED = report(Outcome.FAILED, changed=True, failed=True)
NOT_BEGUN = report(Outcome.FAILED)
LOST = report(Outcome.UNKNOWN, changed=True)


@pytest.mark.parametrize(
    ("outcome", "reports", "ended_at", "healthy", "use"),
    [
        (Outcome.OK, [DONE], None, True, Use.CARRIED_OUT),
        (Outcome.OK, [DONE], None, False, Use.DID_NOT_HELP),
        (Outcome.FAILED, [DONE, COMMAND_FAILED], RUN, False, Use.FAILED),
        (Outcome.FAILED, [COMMAND_FAILED], RUN, True, Use.FAILED),
        (Outcome.FAILED, [DONE, NOT_BEGUN], PROBE, False, Use.DID_NOT_HELP),
        (Outcome.FAILED, [DONE, NOT_BEGUN], ASK, False, None),
        (Outcome.FAILED, [NOT_BEGUN], RUN, False, None),
        (Outcome.UNKNOWN, [LOST], RUN, False, None),
    ],
)
def test_a_remedy_failed_only_where_a_command_of_it_failed(
    outcome: Outcome, reports: list[StepReport], ended_at: Step | None, healthy: bool, use: Use | None
) -> None:
    assert how_it_fared(outcome, reports, ended_at, healthy=healthy) is use


@pytest.mark.parametrize(
    ("reports", "ended_at", "waits"),
    [
        ([DONE], None, True),
        ([LOST], RUN, True),
        ([DONE, COMMAND_FAILED], RUN, True),
        ([COMMAND_FAILED], RUN, False),
        ([NOTHING_TO_DO], None, False),
        ([DONE, NOT_BEGUN], PROBE, False),
        ([], None, False),
    ],
)
def test_recovery_is_waited_for_only_where_something_was_done_that_may_still_help(
    reports: list[StepReport], ended_at: Step | None, waits: bool
) -> None:
    assert needs_time(reports, ended_at) is waits
