"""Turn the answer of the remote script into results for people and workflows."""

from __future__ import annotations

from dataclasses import dataclass

from activities.ssh.frames import RemoteAnswer
from activities.ssh.masking import Mask
from models.errors import HostRefusedError, HostUnreachableError
from models.jobs import EXCERPT_LIMIT, JobResult, Outcome, Stream


@dataclass(frozen=True)
class Ended:
    """The words of a `done` answer."""

    exit_status: int | None
    how: str
    """exit, timeout, cancel, never (ended before it began), vanished, rebooted, unstarted."""
    seconds: float
    attached: bool
    totals: tuple[int | None, int | None]
    """The bytes written to each stream, if the host counted them."""
    verdict: list[str]


@dataclass(frozen=True)
class JobFinding:
    """The parts of a result besides the output."""

    outcome: Outcome
    changed: bool
    reason: str


def read(answer: RemoteAnswer, host: str) -> Ended:
    """Parse a `done` answer; raise `HostRefusedError` for a refusal, `HostUnreachableError` for an invalid answer."""
    if answer.kind == "refused":
        raise HostRefusedError(f"{host}: {_refusal(answer, host)}")
    try:
        code, how, span, own, out, err, *verdict = answer.words
        began, _, ended = span.partition(":")
        return Ended(
            exit_status=None if code == "-" else int(code),
            how=how,
            seconds=max(0.0, float(ended) - float(began)),
            attached=own == "attached",
            totals=(None if out == "-" else int(out), None if err == "-" else int(err)),
            verdict=verdict,
        )
    except ValueError:
        raise HostUnreachableError(f"{host}: the answer {' '.join(answer.words)[:100]!r} is not valid") from None


def judge(ended: Ended) -> JobFinding:
    """Decide the outcome of a command from the way in which it ended."""
    code, took = ended.exit_status, f"after {ended.seconds:.1f} s"
    if ended.how == "exit":
        outcome = Outcome.OK if code == 0 else Outcome.FAILED
        return JobFinding(outcome, changed=True, reason=f"the command ended with exit status {code} {took}")
    if ended.how == "never":
        return JobFinding(
            Outcome.FAILED, changed=False, reason="it was cancelled before the command began; nothing was run"
        )
    if ended.how in _CALLED_OFF:
        why = _CALLED_OFF[ended.how]
        if code == 0:
            reason = f"{why} and was ended {took}, yet its exit status is 0: whether it had finished is unknown"
            return JobFinding(Outcome.UNKNOWN, changed=True, reason=reason)
        return JobFinding(
            Outcome.FAILED, changed=True, reason=f"{why}: its process group was ended {took} (exit status {code})"
        )
    return JobFinding(
        Outcome.UNKNOWN, changed=True, reason=_LOST.get(ended.how, f"its result is unknown ({ended.how})")
    )


_CALLED_OFF = {"timeout": "the command ran out of time", "cancel": "the command was cancelled"}

_LOST = {
    "vanished": "the job's process on the host disappeared without an exit status; the command may have run in part",
    "rebooted": "the host was restarted while the job ran; the command may have run in part",
    "unstarted": "the job's folder exists, but there is no sign that the command began; it is not started again",
}


def cut_short(answer: RemoteAnswer) -> str:
    """Return a remark if the output is incomplete; otherwise an empty text."""
    return "" if answer.whole else "; its output is incomplete"


def streams(
    answer: RemoteAnswer, totals: tuple[int | None, int | None], mask: Mask
) -> tuple[Stream, Stream, bytes, bytes]:
    """Cut and mask both streams: the excerpts for the result, and the full streams for the records."""
    first, first_end, second, second_end = answer.streams
    out, out_kept = _stream(first, first_end, totals[0], mask)
    err, err_kept = _stream(second, second_end, totals[1], mask)
    return out, err, out_kept, err_kept


def _stream(beginning: bytes, end: bytes, total: int | None, mask: Mask) -> tuple[Stream, bytes]:
    total = len(beginning) if total is None else total
    kept = mask.data(beginning, cut_after=total > len(beginning))
    shown = mask.data(end, cut_before=True) if end else kept
    text = shown[-EXCERPT_LIMIT:].decode(errors="replace")
    # A replacement sign takes three bytes where there was one.
    text = text.encode()[-EXCERPT_LIMIT:].decode(errors="ignore")
    return Stream(text=text, total_bytes=total), kept


def nothing(host: str, job: str, command: str, outcome: Outcome, reason: str) -> JobResult:
    """Return a result without output and without a known change."""
    return JobResult(job=job, host=host, outcome=outcome, changed=False, reason=reason, command=command)


def moved(answer: RemoteAnswer, host: str) -> str:
    """Return a remark if the job is kept in another place than usual, with the reason; it begins with a semicolon."""
    kept = next((note.removeprefix("kept ") for note in answer.notes if note.startswith("kept ")), None)
    return f"; {obstacles(answer, host)}, so the job was kept in {kept}" if kept else ""


def no_place(answer: RemoteAnswer) -> bool:
    """Return whether the host refused because it has no place for a job's folder; nothing was run."""
    return answer.kind == "refused" and answer.words[:1] == ["place"]


def obstacles(answer: RemoteAnswer, host: str) -> str:
    """Return the problems with the places for jobs, each once."""
    said = []
    for note in answer.notes:
        kind, _, place = note.partition(" ")
        if kind in _OBSTACLES:
            said.append(_OBSTACLES[kind].format(place=place, host=host))
    return " and ".join(dict.fromkeys(said)) or f"no place on {host} can be written"


_OBSTACLES = {
    "full": "the disk of {place} on {host} is full",
    "inodes": "the disk of {place} on {host} has no inode left",
    "quota": "the quota for {place} on {host} is used up",
    "read-only": "{place} on {host} is mounted read-only",
    "denied": "{place} on {host} cannot be written",
}


def _refusal(answer: RemoteAnswer, host: str) -> str:
    words = answer.words
    kind, said = (words[0] if words else ""), " ".join(words[1:])
    if kind == "sudo":
        return f"sudo refuses to run commands without a password ({said or 'it gave no reason'})"
    if kind == "request":
        return (
            f"the host knows the job {said} with another command, so this command was not run; this happens after a reset of the "
            "workflow: carry the step out as a runbook"
        )
    return f"{obstacles(answer, host)}, so no place is left for the job's folder; make room, or give the host a `state_dir`"
