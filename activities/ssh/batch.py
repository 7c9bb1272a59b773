"""Many jobs at one site: hosts in parallel, jobs of one host in order, each error as a result of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait

from activities.ssh import scripts
from activities.ssh.jobs import Keep, run
from activities.ssh.pool import Pool
from activities.ssh.pulse import Allow, Interrupted, Pulse, Stop, always, no_pulse
from activities.ssh.results import nothing
from models.errors import HostError, HostUnreachableError, LoginShellError
from models.jobs import BatchResult, JobResult, Outcome, RunBatch, RunJob

_TURN = 1.0
_AT_ONCE = 2.0
"""A connection that fails within these seconds is retried once; one to a silent host is not."""


class _Relay:
    """Passes on the pulse of the thread that may heartbeat to the threads that work."""

    def __init__(self) -> None:
        self._stop: Stop | None = None

    def ask(self, stop: Stop) -> None:
        self._stop = stop

    def __call__(self) -> None:
        if self._stop is not None:
            raise Interrupted(self._stop)


def run_batch(
    pool: Pool,
    request: RunBatch,
    pulse: Pulse = no_pulse,
    *,
    sent: bool = False,
    on_sent: Callable[[], None] = no_pulse,
    keep: Keep | None = None,
    allow: Allow = always,
) -> BatchResult:
    """Run all jobs; never raise because of a host. If it is cancelled, running jobs are stopped, and no further job
    starts.

    After a halt, no further job starts, running jobs end, and the `HaltedError` is raised. If the batch is called again
    after the halt is lifted, it attaches to the earlier jobs and continues.
    """
    lanes: dict[str, list[int]] = {}
    for number, job in enumerate(request.jobs):
        lanes.setdefault(job.host.model_dump_json(exclude={"name", "sudo", "state_dir"}), []).append(number)
    results: list[JobResult | None] = [None] * len(request.jobs)
    relay, noted = _Relay(), threading.Event()

    def lane(numbers: list[int]) -> None:
        hopeless: LoginShellError | None = None
        for number in numbers:
            job = request.jobs[number]
            if hopeless is not None:
                # The same user on the same host: the shell that never ran the last command is not waited for again.
                results[number] = _failed(job, hopeless, sent)
                continue
            try:
                results[number] = _one(pool, job, relay, sent, noted.set, keep, allow)
            except LoginShellError as error:
                hopeless = error
                results[number] = _failed(job, error, sent)

    with ThreadPoolExecutor(min(request.at_once, len(lanes)), thread_name_prefix="ssh-batch") as threads:
        futures = [threads.submit(lane, numbers) for numbers in lanes.values()]
        try:
            left = _watch(futures, relay, noted, pulse, on_sent)
        except BaseException:
            relay.ask(Stop.LEAVE)
            raise
    for future in futures:
        if future.exception() is not None and left is None:
            future.result()
    if left is not None:
        raise left
    return BatchResult(results=[result for result in results if result is not None])


def _watch(
    futures: list[Future[None]], relay: _Relay, noted: threading.Event, pulse: Pulse, on_sent: Callable[[], None]
) -> Interrupted | None:
    """Keep the pulse until all jobs are done; return the reason for an early end, if any."""
    leaving: Interrupted | None = None
    signalled = False
    while wait(futures, timeout=_TURN).not_done:
        if noted.is_set() and not signalled:
            signalled = True
            on_sent()
        try:
            pulse()
        except Interrupted as interrupted:
            relay.ask(interrupted.stop)
            if interrupted.stop is Stop.LEAVE:
                leaving = interrupted
    if noted.is_set() and not signalled:
        on_sent()
    return leaving


def _one(
    pool: Pool, job: RunJob, pulse: Pulse, sent: bool, on_sent: Callable[[], None], keep: Keep | None, allow: Allow
) -> JobResult:
    began = time.monotonic()
    try:
        try:
            return run(pool, job, pulse, sent=sent, on_sent=on_sent, keep=keep, allow=allow)
        except HostUnreachableError:
            # Of hundreds of connections made at once, one may be refused by chance. Nothing was asked of the host yet.
            if sent or time.monotonic() - began > _AT_ONCE:
                raise
            time.sleep(_TURN / 2)
            return run(pool, job, pulse, on_sent=on_sent, keep=keep, allow=allow)
    except LoginShellError:
        raise
    except HostError as error:
        return _failed(job, error, sent)


def _failed(job: RunJob, error: HostError, sent: bool) -> JobResult:
    """Return the result of a job without an answer; UNKNOWN if an earlier attempt may have started it."""
    unsure = sent and isinstance(error, HostUnreachableError | LoginShellError)
    outcome = Outcome.UNKNOWN if unsure else Outcome.FAILED
    command = "" if job.secrets else scripts.as_it_reads(job.host, job.command)
    said = str(error) if str(error).startswith(job.host.name) else f"{job.host.name}: {error}"
    reason = said if unsure else f"{said}; nothing was run"
    return nothing(job.host.name, job.job, command, outcome, reason)
