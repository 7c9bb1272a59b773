"""All retry policies, with the timeouts that belong to them."""

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
"""For actions on hosts. A retry is safe, because a job id runs at most once. After the last attempt, a person must decide."""

PROBE = RetryPolicy(
    initial_interval=timedelta(milliseconds=500),
    backoff_coefficient=2.0,
    maximum_interval=timedelta(seconds=10),
    maximum_attempts=20,
    non_retryable_error_types=FINAL,
)
"""For probes and read-only commands, which change nothing."""

HALTED = RetryPolicy(
    initial_interval=timedelta(seconds=1), backoff_coefficient=1.5, maximum_interval=timedelta(seconds=5)
)
"""For waiting until a halt is lifted, without a limit."""

RECORD = RetryPolicy(
    initial_interval=timedelta(milliseconds=200),
    backoff_coefficient=2.0,
    maximum_interval=timedelta(seconds=30),
    non_retryable_error_types=FINAL,
)
"""For reading the records: the workflow waits until they are available again."""

WRITE = RetryPolicy(
    initial_interval=timedelta(milliseconds=200),
    backoff_coefficient=2.0,
    maximum_interval=timedelta(seconds=30),
    non_retryable_error_types=[IdUsedError.__name__],
)
"""For writing to the records: the workflow waits until somebody has repaired them, so that no event is lost. The only error that
ends the retries is an id which another operation has used."""

NOTICE = RetryPolicy(
    initial_interval=timedelta(seconds=1),
    backoff_coefficient=2.0,
    maximum_interval=timedelta(seconds=30),
    maximum_attempts=5,
    non_retryable_error_types=FINAL,
)
"""For notices: a sent notice is not sent again, and one that cannot be sent is escalated after the last attempt."""

NOTICE_TIMEOUT = timedelta(minutes=2)
"""One attempt at a notice, for all its recipients."""

SITE_WAIT = timedelta(minutes=2)
"""How long a task may wait on a site's queue before the site's worker counts as dead."""

HEARTBEAT = timedelta(seconds=15)
"""Time without a heartbeat after which an activity's worker counts as dead."""

RECORD_TIMEOUT = timedelta(seconds=20)
"""One attempt to reach the records."""

COMPUTE_TIMEOUT = timedelta(minutes=30)
"""One attempt at an activity that computes for long, such as the files of a report."""

MARGIN = timedelta(seconds=30)
"""Time of an activity beyond the deadline of its remote work, so that the remote deadline comes first."""
