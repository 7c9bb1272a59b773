"""The first line of an incident's page: what is overdue, how urgent it is, whose it is, what is broken, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from models.clock import PromiseReading, Standing
from models.gates import GateState
from models.incident import IncidentState
from workflows.incident.context import Case
from workflows.runtime.markdown import linked, plain

_DONE: Final = {Standing.KEPT, Standing.BROKEN}
_NAMED: Final = 3
"""Components that are named; the table of alarms has the others."""

PROMISED: Final = {"respond": "taken up", "restore": "restored", "update": "next word to the customer"}


def status_line(case: Case, gates: Sequence[GateState], now: datetime) -> str:
    """One line of Markdown; of a closed incident how it ended."""
    memory = case.memory
    priority = memory.priority or "no priority yet"
    if memory.state is IncidentState.CLOSED:
        end = case.end.value.replace("-", " ") if case.end else ""
        said = end if end.startswith("closed") else f"closed: {end}"
        return f"**{priority} · {plain(case.order.application)} · {said}**"
    late = [f"OVERDUE: {PROMISED[p.promise.value]}" for p in _promises(case) if is_late(p, now)]
    return " · ".join(
        [
            *(f"**{one}**" for one in late),
            f"**{priority}**",
            plain(case.order.application),
            _broken(case),
            _to_do(case, gates),
        ]
    )


def is_late(promise: PromiseReading, now: datetime) -> bool:
    """Whether its time is over, though the clocks may not have been read since."""
    if promise.standing is Standing.RUNNING:
        return promise.deadline is not None and promise.done_at is None and promise.deadline <= now
    return promise.standing is Standing.OVERDUE


def left(promise: PromiseReading, now: datetime) -> str:
    """How much time is left until its deadline, or how long that is over; empty where no deadline runs."""
    if promise.deadline is None or promise.standing in _DONE:
        return ""
    minutes = int((promise.deadline - now).total_seconds() // 60)
    span = _minutes(abs(minutes))
    return f"{span} left" if promise.deadline > now else f"**{span} over**"


def _minutes(count: int) -> str:
    days, rest = divmod(count, 24 * 60)
    if days:
        return f"{days}d{rest // 60}h"
    return f"{rest // 60}h{rest % 60:02}m" if rest >= 60 else f"{rest} min"


def _promises(case: Case) -> list[PromiseReading]:
    return case.memory.reading.promises if case.memory.reading else []


def _broken(case: Case) -> str:
    affected = list(case.plan.affected)
    if not affected:
        return "what is broken is not known yet"
    names = ", ".join(plain(case.title_of(one), 60) for one in affected[:_NAMED])
    more = f" and {len(affected) - _NAMED} more" if len(affected) > _NAMED else ""
    return f"broken: {names}{more}"


def _to_do(case: Case, gates: Sequence[GateState]) -> str:
    """What people must do now."""
    lead, waiting = case.memory.lead, case.memory.waiting
    todo = []
    if lead.alerted and not lead.acknowledged:
        todo.append("take it up")
    if gates:
        todo.append("answer " + ", ".join(gate.id for gate in gates))
    if todo or case.blocked:
        blocked = [f"blocked: {linked(case.blocked, 240)}"] if case.blocked else []
        return " · ".join([*(f"**{one}**" for one in blocked), *([f"**you: {' and '.join(todo)}**"] if todo else [])])
    if waiting is not None:
        return f"waits for {plain(waiting.name, 60)}"
    return "nothing to do: it goes on by itself" if not lead.acknowledged else "its lead goes on"
