"""`Ssh`: the activities that act on hosts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.ssh import batch, components, looking
from activities.ssh.deadline import Deadline
from activities.ssh.jobs import Keep
from activities.ssh.looking import CommandOutput
from activities.ssh.pool import Pool
from activities.ssh.pulse import Allow, Interrupted, Stop, always
from models.errors import HaltedError, HostUnreachableError
from models.hosts import HostTarget
from models.jobs import BatchResult, EnsureComponent, JobResult, RunBatch

_MAY_HAVE_STARTED = "the host may have been asked to start it"
_BEAT_EVERY = 2.0
_T = TypeVar("_T")


class Ssh:
    """Hosts over SSH. Blocking: run its activities on a thread pool. `keep` takes the full output of every result.

    `allow` is asked before anything that may change a host is begun. A halt ends the activity for good, so that it uses up
    neither attempts nor time: `Steps` in the workflow waits until it is lifted, and asks again.

    A job that was handed to its host is followed until it ends or its timeout is over, whatever happens to connections
    meanwhile. When this worker stops, the job goes on and the next attempt re-attaches.
    """

    def __init__(self, pool: Pool, keep: Keep | None = None, allow: Allow = always) -> None:
        self._pool = pool
        self._keep = keep
        self._allow = allow

    @activity.defn(name="run_batch", no_thread_cancel_exception=True)
    def run_batch(self, request: RunBatch) -> BatchResult:
        """Run many jobs, hosts in parallel; a host's fault is a result of its own."""
        attempt = _Attempt(request.may_have_started)
        return attempt.see_through(
            lambda: batch.run_batch(
                self._pool,
                request,
                attempt.pulse,
                sent=attempt.resumed,
                on_sent=attempt.note_sent,
                keep=self._keep,
                allow=self._allow,
            )
        )

    @activity.defn(name="ensure_component", no_thread_cancel_exception=True)
    def ensure_component(self, request: EnsureComponent) -> JobResult:
        """Bring a component to started or stopped, unless it is so already."""
        attempt = _Attempt(request.may_have_started)
        return attempt.see_through(
            lambda: components.ensure(
                self._pool,
                request,
                attempt.pulse,
                sent=attempt.resumed,
                on_sent=attempt.note_sent,
                keep=self._keep,
                allow=self._allow,
            )
        )

    def look(self, host: HostTarget, command: str, timeout: timedelta) -> CommandOutput:
        """Run a command that changes nothing; for probes. Blocking, thread-safe; raises `HostError`s."""
        return looking.look(self._pool, host, command, Deadline.after(timeout))

    def activities(self) -> list[Callable[..., Any]]:
        """Everything to register with a worker."""
        return [self.run_batch, self.ensure_component]

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()


class _Attempt:
    """One attempt of an activity: its heartbeat, and what an earlier attempt left to know."""

    def __init__(self, may_have_started: bool) -> None:
        info = activity.info()
        self.resumed = may_have_started or _MAY_HAVE_STARTED in info.heartbeat_details
        self._details = [_MAY_HAVE_STARTED] if self.resumed else []
        self._next_beat = Deadline.after(0)

    def note_sent(self) -> None:
        """Tell Temporal, for the next attempt, that from now on something may run on the host."""
        self._details = [_MAY_HAVE_STARTED]
        activity.heartbeat(*self._details)

    def pulse(self) -> None:
        """Heartbeat now and then; raise `Interrupted` when the activity is to end."""
        if self._next_beat.over:
            self._next_beat = Deadline.after(_BEAT_EVERY)
            activity.heartbeat(*self._details)
        if activity.is_cancelled():
            raise Interrupted(self._why())
        if activity.is_worker_shutdown():
            raise Interrupted(Stop.LEAVE)

    @staticmethod
    def _why() -> Stop:
        details = activity.cancellation_details()
        # Timed out or not found: another attempt may follow this job already, which must not be ended under its eyes.
        asked = details is not None and details.cancel_requested and not details.worker_shutdown
        return Stop.CANCEL if asked else Stop.LEAVE

    def see_through(self, work: Callable[[], _T]) -> _T:
        """Do the work; leaving it to the next attempt is an error that Temporal retries, a halt one that the workflow handles."""
        try:
            return work()
        except Interrupted:
            raise HostUnreachableError("this worker stops following; the job goes on and is followed again") from None
        except HaltedError as halted:
            begun = bool(self._details)
            raise ApplicationError(str(halted), begun, type=HaltedError.__name__, non_retryable=True) from None
