"""Outcomes: the worst of several, and failures of activities as sentences for people."""

from __future__ import annotations

from collections.abc import Sequence

from temporalio.exceptions import ActivityError, ApplicationError, FailureError, TimeoutError, TimeoutType

from models.errors import FINAL
from models.jobs import JobResult, Outcome


def worst(outcomes: Sequence[Outcome]) -> Outcome:
    """The worst outcome: UNKNOWN before FAILED before OK."""
    for outcome in (Outcome.UNKNOWN, Outcome.FAILED):
        if outcome in outcomes:
            return outcome
    return Outcome.OK


def explain(error: FailureError) -> str:
    """The failure of an activity in one sentence, for people who do not know what an activity is."""
    cause = error.cause if isinstance(error, ActivityError) else error
    if isinstance(cause, TimeoutError):
        if cause.type is TimeoutType.SCHEDULE_TO_START:
            return "no worker of this site took the task in time; check that the site's worker runs"
        return "the worker did not answer in time, so the result on the host is unknown"
    if isinstance(cause, ApplicationError):
        return cause.message
    return str(cause or error)


def failed_job(job: str, host: str, command: str, error: ActivityError) -> JobResult:
    """The result of a job whose activity failed: FAILED if the job surely did not start, else UNKNOWN."""
    cause = error.cause
    never_began = isinstance(cause, TimeoutError) and cause.type is TimeoutType.SCHEDULE_TO_START
    final = isinstance(cause, ApplicationError) and (cause.non_retryable or cause.type in FINAL)
    outcome = Outcome.FAILED if never_began or final else Outcome.UNKNOWN
    return JobResult(job=job, host=host, outcome=outcome, changed=False, reason=explain(error), command=command)
