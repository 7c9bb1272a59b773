"""Retry policies and the timeouts they go with: few, named, in one place."""

from __future__ import annotations

from datetime import timedelta

from temporalio.common import RetryPolicy

from models.errors import FINAL, IdUsedError

HOST = RetryPolicy(
    initial_interval=timedelta(seconds=1),
    backoff_coefficient=2.0,
    maximum_interval=timedelta(seconds=15),
    maximum_attempts=20,
    non_retryable_error_types=FINAL,
)
"""For acting on hosts: safe, because a job id runs at most once; ends, because then a person must look."""

PROBE = RetryPolicy(
    initial_interval=timedelta(milliseconds=500),
    backoff_coefficient=2.0,
    maximum_interval=timedelta(seconds=10),
    maximum_attempts=20,
    non_retryable_error_types=FINAL,
)
"""For looking: nothing can go wrong twice."""

HALTED = RetryPolicy(
    initial_interval=timedelta(seconds=1), backoff_coefficient=1.5, maximum_interval=timedelta(seconds=5)
)
"""For waiting until a halt is lifted: for as long as it takes."""

RECORD = RetryPolicy(
    initial_interval=timedelta(milliseconds=200),
    backoff_coefficient=2.0,
    maximum_interval=timedelta(seconds=30),
    non_retryable_error_types=FINAL,
)
"""For the records: they come back; until then we wait rather than go on unrecorded."""

WRITE = RetryPolicy(
    initial_interval=timedelta(milliseconds=200),
    backoff_coefficient=2.0,
    maximum_interval=timedelta(seconds=30),
    non_retryable_error_types=[IdUsedError.__name__],
)
"""For writing to the records: whatever they answer, we wait for somebody to mend them rather than lose what happened. Only who
comes under the id of another is sent away."""

NOTICE = RetryPolicy(
    initial_interval=timedelta(seconds=1),
    backoff_coefficient=2.0,
    maximum_interval=timedelta(seconds=30),
    maximum_attempts=5,
    non_retryable_error_types=FINAL,
)
"""For writing to people: what went out is not sent again; what does not go out is escalated, not tried for ever."""

NOTICE_TIMEOUT = timedelta(minutes=2)
"""One try at a notice, all its receivers included."""

SITE_WAIT = timedelta(minutes=2)
"""How long a task may lie on a site's queue before the site's worker counts as dead."""

HEARTBEAT = timedelta(seconds=15)
"""Silence after which an activity's worker counts as dead."""

RECORD_TIMEOUT = timedelta(seconds=20)
"""One try at the records."""

MARGIN = timedelta(seconds=30)
"""What an activity is given beyond the deadline of its own work: the remote deadline must come first."""
