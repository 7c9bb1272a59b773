"""From what the far side said to what people and workflows read."""

from __future__ import annotations

from dataclasses import dataclass

from activities.ssh.frames import FarSideAnswer
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
    """Bytes written to each stream where the host counted them."""
    verdict: list[str]


@dataclass(frozen=True)
class JobFinding:
    """What a result says beside the output."""

    outcome: Outcome
    changed: bool
    reason: str


def read(answer: FarSideAnswer, host: str) -> Ended:
    """Read a `done` answer; raise `HostRefusedError` for a refusal, `HostUnreachableError` for what makes no sense."""
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
        raise HostUnreachableError(f"{host}: the answer {' '.join(answer.words)[:100]!r} makes no sense") from None


def judge(ended: Ended) -> JobFinding:
    """Decide what is known of a command that ended somehow."""
    code, took = ended.exit_status, f"after {ended.seconds:.1f} s"
    if ended.how == "exit":
        outcome = Outcome.OK if code == 0 else Outcome.FAILED
        return JobFinding(outcome, changed=True, reason=f"the command ended with exit status {code} {took}")
    if ended.how == "never":
        return JobFinding(
            Outcome.FAILED, changed=False, reason="it was called off before the command began; nothing was run"
        )
    if ended.how in _CALLED_OFF:
        why = _CALLED_OFF[ended.how]
        if code == 0:
            reason = f"{why} and was ended {took}, yet it said exit status 0: whether it had finished is not known"
            return JobFinding(Outcome.UNKNOWN, changed=True, reason=reason)
        return JobFinding(
            Outcome.FAILED, changed=True, reason=f"{why}: its process group was ended {took} (exit status {code})"
        )
    return JobFinding(
        Outcome.UNKNOWN, changed=True, reason=_LOST.get(ended.how, f"how it ended is not known ({ended.how})")
    )


_CALLED_OFF = {"timeout": "the command ran out of time", "cancel": "the command was cancelled"}

_LOST = {
    "vanished": "the job's keeper on the host is gone and left no exit status; the command may have run in part",
    "rebooted": "the host was restarted while the job ran; the command may have run in part",
    "unstarted": "the job's folder was made, but nothing says that the command began; it is not started again",
}


def cut_short(answer: FarSideAnswer) -> str:
    """Say so when the output did not come over to its end."""
    return "" if answer.whole else "; its output did not come over whole"


def streams(
    answer: FarSideAnswer, totals: tuple[int | None, int | None], mask: Mask
) -> tuple[Stream, Stream, bytes, bytes]:
    """Cut and mask both streams: what travels in the result, and what is kept in full."""
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
    """A result without output: nothing was changed as far as is known."""
    return JobResult(job=job, host=host, outcome=outcome, changed=False, reason=reason, command=command)


def moved(answer: FarSideAnswer, host: str) -> str:
    """Say so when the job is not kept where it should be, and why; begins with a semicolon."""
    kept = next((note.removeprefix("kept ") for note in answer.notes if note.startswith("kept ")), None)
    return f"; {obstacles(answer, host)}, so the job was kept in {kept}" if kept else ""


def no_place(answer: FarSideAnswer) -> bool:
    """Whether the host refused because it has no place for a job's folder; nothing was run."""
    return answer.kind == "refused" and answer.words[:1] == ["place"]


def obstacles(answer: FarSideAnswer, host: str) -> str:
    """Say what stands in the way at each place for jobs, each thing once."""
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


def _refusal(answer: FarSideAnswer, host: str) -> str:
    words = answer.words
    kind, said = (words[0] if words else ""), " ".join(words[1:])
    if kind == "sudo":
        return f"sudo refuses to run commands without a password ({said or 'it gave no reason'})"
    if kind == "request":
        return (
            f"the job {said} is known there for another command, so nothing was run for this one; only a workflow that was reset "
            "and then took another way may ask so: carry the step out as a runbook"
        )
    return f"{obstacles(answer, host)}, so no place is left for the job's folder; make room, or give the host a `state_dir`"
