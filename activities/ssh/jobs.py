"""Commands as jobs: rehearsed, or run on their host at most once for each id."""

from __future__ import annotations

from collections.abc import Callable

from activities.ssh import scripts
from activities.ssh.deadline import Deadline
from activities.ssh.fences import NOTHING_TO_DO, fenced, refused
from activities.ssh.following import Ending, Follower, Order
from activities.ssh.masking import Mask
from activities.ssh.pool import Pool
from activities.ssh.pulse import Allow, Interrupted, Pulse, Stop, always, no_pulse
from activities.ssh.read_only import run_read_only
from activities.ssh.results import cut_short, judge, moved, no_place, nothing, obstacles, read, streams
from models.errors import HostError
from models.jobs import EXCERPT_LIMIT, JobResult, Outcome, RunJob, Stream

Keep = Callable[[JobResult, bytes, bytes], None]
"""Receives a result with the complete fetched standard output and standard error, secrets masked."""


def run(
    pool: Pool,
    request: RunJob,
    pulse: Pulse = no_pulse,
    *,
    sent: bool = False,
    on_sent: Callable[[], None] = no_pulse,
    keep: Keep | None = None,
    allow: Allow = always,
) -> JobResult:
    """Run a job, or attach to it. Raise a `HostError`; `HostUnreachableError` means that the job cannot have started.

    `sent` says that an earlier attempt may have started the job; `on_sent` is called before this attempt may start it.
    `allow` is called before any command that may change the host; its `HaltedError` is passed on.
    """
    mask = Mask(request.secrets)
    try:
        if request.rehearse:
            return _rehearse(pool, request, pulse, mask)
        return _run(pool, request, pulse, mask, sent, on_sent, keep, allow)
    except HostError as error:
        raise type(error)(mask.text(str(error))) from None


def command_of(request: RunJob, mask: Mask) -> str:
    """Return the command as text for people."""
    return mask.text(scripts.as_it_reads(request.host, request.command))


def _order(request: RunJob) -> Order:
    order = Order(
        host=request.host,
        job=request.job,
        words=scripts.words(request.host, request.command),
        timeout=request.timeout.total_seconds(),
        check="" if request.check is None else scripts.shell_text(request.check),
        durable=not request.read_only,
        request=request.asked,
    )
    return fenced(order, request.fences) if request.fences and not request.rehearse else order


def _run(
    pool: Pool,
    request: RunJob,
    pulse: Pulse,
    mask: Mask,
    sent: bool,
    on_sent: Callable[[], None],
    keep: Keep | None,
    allow: Allow,
) -> JobResult:
    command = command_of(request, mask)

    def may_start() -> None:
        if not request.read_only:
            allow(request.application)

    try:
        ending = Follower(pool, _order(request), pulse, sent=sent, on_sent=on_sent, may_start=may_start).follow()
    except Interrupted as interrupted:
        if interrupted.stop is Stop.LEAVE:
            raise
        return nothing(request.host.name, request.job, command, Outcome.FAILED, "cancelled before anything was started")
    if request.read_only and ending.answer is not None and no_place(ending.answer):
        why = f"; {obstacles(ending.answer, request.host.name)}, so it was run without a job's folder"
        return _run_read_only(pool, request, pulse, mask, command, "", why)
    result, out, err = _result(ending, request, command, mask)
    if keep is not None:
        keep(result, out, err)
    return result


def _result(ending: Ending, request: RunJob, command: str, mask: Mask) -> tuple[JobResult, bytes, bytes]:
    host, job = request.host.name, request.job
    answer = ending.answer
    if answer is None:
        lost = JobResult(
            job=job, host=host, outcome=Outcome.UNKNOWN, changed=True, command=command,
            reason=mask.text(f"the command may have been started; {ending.error}"),
        )  # fmt: skip
        return lost, b"", b""
    if answer.kind == "nothing-to-do":
        return nothing(host, job, command, Outcome.OK, NOTHING_TO_DO), b"", b""
    ended = read(answer, host)
    refusal = refused(ended, request.fences)
    finding = refusal or judge(ended)
    out, err, out_kept, err_kept = streams(answer, ended.totals, mask)
    result = JobResult(
        job=job, host=host, outcome=finding.outcome, changed=finding.changed,
        exit_status=None if refusal else ended.exit_status,
        reason=mask.text(finding.reason + cut_short(answer) + moved(answer, host)),
        command=command, stdout=out, stderr=err, seconds=ended.seconds, attached=ended.attached,
    )  # fmt: skip
    return result, out_kept, err_kept


def _rehearse(pool: Pool, request: RunJob, pulse: Pulse, mask: Mask) -> JobResult:
    command = command_of(request, mask)
    answer = Follower(pool, _order(request), pulse).rehearse()
    if answer.kind != "checked":
        read(answer, request.host.name)
    checked = answer.words[0]
    if checked == "0":
        reason = "rehearsal: the check ended with exit status 0, so nothing would be run"
        return nothing(request.host.name, request.job, command, Outcome.OK, reason)
    said = "there is no check" if checked == "none" else f"the check ended with exit status {checked}"
    if not request.read_only:
        reason = f"rehearsal: {said}, so the command would be run"
        return nothing(request.host.name, request.job, command, Outcome.OK, reason)
    return _run_read_only(
        pool, request, pulse, mask, command, "rehearsal: the command changes nothing and was run; ", ""
    )


def _run_read_only(
    pool: Pool, request: RunJob, pulse: Pulse, mask: Mask, command: str, before: str, after: str
) -> JobResult:
    """Run a command that changes nothing without a job, because it needs no folder on the host."""
    seen = run_read_only(
        pool, request.host, scripts.shell_text(request.command), Deadline.after(request.timeout), pulse
    )
    outcomes = {None: Outcome.UNKNOWN, 0: Outcome.OK}
    said = "its exit status is unknown" if seen.exit_status is None else f"it ended with exit status {seen.exit_status}"
    out, err = (mask.text(text) for text in (seen.stdout, seen.stderr))
    return JobResult(
        job=request.job, host=request.host.name, outcome=outcomes.get(seen.exit_status, Outcome.FAILED), changed=False,
        exit_status=seen.exit_status, reason=mask.text(f"{before}{said}{after}"), command=command,
        stdout=_excerpt(out, seen.stdout_bytes), stderr=_excerpt(err, seen.stderr_bytes), seconds=seen.seconds,
    )  # fmt: skip


def _excerpt(text: str, total: int) -> Stream:
    return Stream(text=text.encode()[-EXCERPT_LIMIT:].decode(errors="ignore"), total_bytes=total)
