"""Start and stop components: under a lock and a fencing token on the host, with a status check before and after."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import replace

from activities.ssh import scripts
from activities.ssh.deadline import Deadline
from activities.ssh.fences import NO_DIRECTORY, as_arguments, locked, too_old
from activities.ssh.following import Ending, Follower, Order
from activities.ssh.jobs import Keep
from activities.ssh.masking import Mask
from activities.ssh.pool import Pool
from activities.ssh.pulse import Allow, Interrupted, Pulse, Stop, always, no_pulse
from activities.ssh.read_only import run_read_only
from activities.ssh.results import Ended, JobFinding, cut_short, judge, moved, nothing, read, streams
from models.hosts import Systemd
from models.jobs import EnsureComponent, JobResult, Outcome, Verb

_RUNNING, _NOT_RUNNING, _PASSING = 0, 3, 5
_DONE, _WAS_SO, _OLD_TOKEN, _UNCLEAR, _COMMAND_FAILED, _NOT_SEEN, _LOCKED, _NO_DIRECTORY = 0, 10, 11, 12, 13, 14, 15, 16


def ensure(
    pool: Pool,
    request: EnsureComponent,
    pulse: Pulse = no_pulse,
    *,
    sent: bool = False,
    on_sent: Callable[[], None] = no_pulse,
    keep: Keep | None = None,
    allow: Allow = always,
) -> JobResult:
    """Start or stop a component; raise a `HostError` as `jobs.run` does.

    OK means that the target state was observed, either before (then nothing was done) or after. A token lower than one
    that the host has seen is FAILED, so that the workflow reads the reason. If the status command reports neither
    running nor not running, nothing is done and the outcome is UNKNOWN. A person must then check before a component is
    started twice, or stopped in the middle of something.
    """
    command = _command(request)
    if request.rehearse:
        return _rehearse(pool, request, pulse, command)
    try:
        ending = Follower(
            pool,
            _order(request),
            pulse,
            sent=sent,
            on_sent=on_sent,
            may_start=lambda: allow(request.application),
        ).follow()
    except Interrupted as interrupted:
        if interrupted.stop is Stop.LEAVE:
            raise
        return nothing(request.host.name, request.job, command, Outcome.FAILED, "cancelled before anything was started")
    result, out, err = _result(ending, request, command)
    if keep is not None:
        keep(result, out, err)
    return result


def _order(request: EnsureComponent) -> Order:
    control = request.control
    kind = (
        ["systemd", control.unit]
        if isinstance(control, Systemd)
        else ["commands", control.start, control.stop, control.status]
    )
    order = Order(
        host=request.host,
        job=request.job,
        words=[],
        timeout=request.timeout.total_seconds(),
        in_folder=True,
        request=request.asked,
    )
    fence = as_arguments({request.component: request.token})
    arguments = [scripts.sudo(request.host), fence, request.verb.value, str(order.allowance)]
    script = scripts.source("process", "places", "lock", "systemd", "ensure")
    return replace(order, words=["sh", "-c", script, "driftvakt", *arguments, *kind])


def _command(request: EnsureComponent) -> str:
    control, starts = request.control, request.verb is Verb.STARTED
    if isinstance(control, Systemd):
        words: str | list[str] = ["systemctl", "start" if starts else "stop", control.unit]
    else:
        words = control.start if starts else control.stop
    return scripts.as_it_reads(request.host, words)


def _result(ending: Ending, request: EnsureComponent, command: str) -> tuple[JobResult, bytes, bytes]:
    if ending.answer is None:
        lost = JobResult(
            job=request.job, host=request.host.name, outcome=Outcome.UNKNOWN, changed=True, command=command,
            reason=f"{request.component} may have changed; {ending.error}",
        )  # fmt: skip
        return lost, b"", b""
    ended = read(ending.answer, request.host.name)
    finding = _judge(ended, request)
    out, err, out_kept, err_kept = streams(ending.answer, ended.totals, Mask([]))
    reason = finding.reason + cut_short(ending.answer) + moved(ending.answer, request.host.name)
    result = JobResult(
        job=request.job, host=request.host.name, outcome=finding.outcome, changed=finding.changed,
        exit_status=_exit_of_command(ended), reason=reason,
        command=command, stdout=out, stderr=err,
        seconds=ended.seconds, attached=ended.attached,
    )  # fmt: skip
    return result, out_kept, err_kept


def _exit_of_command(ended: Ended) -> int | None:
    """Return the exit status of the start or stop command, if one was run."""
    acted = ended.how == "exit" and ended.exit_status in (_DONE, _COMMAND_FAILED)
    return int(ended.verdict[0]) if acted and ended.verdict and ended.verdict[0].isdigit() else None


def _judge(ended: Ended, request: EnsureComponent) -> JobFinding:
    if ended.how != "exit":
        finding = judge(ended)
        # Ended in the middle of it, nobody has observed the state.
        return finding if ended.how == "never" else JobFinding(Outcome.UNKNOWN, finding.changed, finding.reason)
    it, state, code = request.component, request.verb.value, ended.exit_status
    said = ended.verdict[0] if ended.verdict else "?"
    took = f"{ended.seconds:.1f} s"
    if code == _DONE:
        although = "" if said == "0" else f", although the command ended with exit status {said}"
        return JobFinding(Outcome.OK, changed=True, reason=f"{it} was {state} after {took}{although}")
    findings = {
        _WAS_SO: (Outcome.OK, False, f"nothing to do: {it} is {state} already"),
        _OLD_TOKEN: (
            Outcome.FAILED,
            False,
            too_old(it, said, request.token),
        ),
        _UNCLEAR: (
            Outcome.UNKNOWN,
            False,
            f"the status of {it} is unclear ({_who_said(said)} {said}); nothing was done",
        ),
        _COMMAND_FAILED: (
            Outcome.FAILED,
            True,
            f"the command ended with exit status {said}, and {it} was not {state}",
        ),
        _NOT_SEEN: (Outcome.FAILED, True, f"{it} was not {state} within {took} (last status: {said})"),
        _LOCKED: (
            Outcome.FAILED,
            False,
            locked(it, said),
        ),
        _NO_DIRECTORY: (Outcome.FAILED, False, NO_DIRECTORY),
    }
    broken = (Outcome.UNKNOWN, True, f"the script on the host ended with exit status {code}")
    outcome, changed, reason = findings.get(code if code is not None else -1, broken)
    return JobFinding(outcome, changed, reason)


def _who_said(status: str) -> str:
    return "its status command ended with" if status.isdigit() else "systemd says"


def _ask_systemd(unit: str) -> str:
    return f'{scripts.source("systemd")}\nunit_status {shlex.quote(unit)}\nset -- $?\necho "$state"\nexit "$1"'


def _rehearse(pool: Pool, request: EnsureComponent, pulse: Pulse, command: str) -> JobResult:
    control, wanted = request.control, _RUNNING if request.verb is Verb.STARTED else _NOT_RUNNING
    asked = _ask_systemd(control.unit) if isinstance(control, Systemd) else control.status
    seen = run_read_only(pool, request.host, asked, Deadline.after(request.timeout), pulse)
    it, status = request.component, seen.exit_status
    if status == wanted:
        undone = "stops" if request.verb is Verb.STARTED else "starts"
        reason = f"{it} is {request.verb.value} already, so nothing would be run unless an earlier step {undone} it"
        outcome = Outcome.OK
    elif status == _PASSING and isinstance(control, Systemd):
        outcome, reason = Outcome.OK, f"systemd says {seen.stdout.strip()} of {it}, so the step would wait first"
    elif status in (_RUNNING, _NOT_RUNNING):
        outcome, reason = Outcome.OK, f"{it} is not {request.verb.value}, so the command would be run"
    else:
        said = seen.stdout.strip() or str(status) if isinstance(control, Systemd) else str(status)
        reason = f"the status of {it} is unclear ({_who_said(said)} {said}), so nothing would be run"
        outcome = Outcome.UNKNOWN
    return nothing(request.host.name, request.job, command, outcome, f"rehearsal: {reason}")
