"""`Ssh`: the activities that act on hosts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.ssh import batch, components, read_only
from activities.ssh.deadline import Deadline
from activities.ssh.jobs import Keep
from activities.ssh.pool import Pool
from activities.ssh.pulse import Allow, Interrupted, Stop, always
from activities.ssh.read_only import CommandOutput
from models.errors import HaltedError, HostUnreachableError
from models.hosts import HostTarget
from models.jobs import BatchResult, EnsureComponent, JobResult, RunBatch

_MAY_HAVE_STARTED = "the host may have started it"
_BEAT_EVERY = 2.0
_T = TypeVar("_T")


class Ssh:
    """The activities that act on hosts over SSH. Blocking: run them on a thread pool. `keep` takes the full output of
    every result.

    `allow` is called before every command that may change a host. A halt ends the activity permanently, so that it uses
    up neither attempts nor time: `Steps` in the workflow waits until the halt is lifted, and calls the activity again.

    A job that a host has accepted is followed until it ends or its timeout passes, even if connections are lost. When
    this worker stops, the job continues, and the next attempt attaches to it.
    """

    def __init__(self, pool: Pool, keep: Keep | None = None, allow: Allow = always) -> None:
        self._pool = pool
        self._keep = keep
        self._allow = allow

    @activity.defn(name="run_batch", no_thread_cancel_exception=True)
    def run_batch(self, request: RunBatch) -> BatchResult:
        """Run many jobs, hosts in parallel; an error of a host is a result of its own."""
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
        """Start or stop a component, unless it already has that state."""
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

    def run_read_only(self, host: HostTarget, command: str, timeout: timedelta) -> CommandOutput:
        """Run a command that changes nothing, for probes. Blocking, thread-safe; raises a `HostError`."""
        return read_only.run_read_only(self._pool, host, command, Deadline.after(timeout))

    def activities(self) -> list[Callable[..., Any]]:
        """Return the activities to register with a worker."""
        return [self.run_batch, self.ensure_component]

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()


class _Attempt:
    """One attempt of an activity: its heartbeat, and the details from an earlier attempt."""

    def __init__(self, may_have_started: bool) -> None:
        info = activity.info()
        self.resumed = may_have_started or _MAY_HAVE_STARTED in info.heartbeat_details
        self._details = [_MAY_HAVE_STARTED] if self.resumed else []
        self._next_beat = Deadline.after(0)

    def note_sent(self) -> None:
        """Record in the heartbeat, for the next attempt, that a command may now run on the host."""
        self._details = [_MAY_HAVE_STARTED]
        activity.heartbeat(*self._details)

    def pulse(self) -> None:
        """Heartbeat now and then; raise `Interrupted` if the activity must end."""
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
        """Do the work. If the next attempt must continue it, raise an error that Temporal retries; for a halt, one that
        the workflow handles.
        """
        try:
            return work()
        except Interrupted:
            raise HostUnreachableError(
                "this worker stops following; the job continues, and another attempt follows it"
            ) from None
        except HaltedError as halted:
            begun = bool(self._details)
            raise ApplicationError(str(halted), begun, type=HaltedError.__name__, non_retryable=True) from None
