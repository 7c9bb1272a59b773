"""The first line of an incident's page: overdue service levels, priority, application, failed components, next action."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from models.clock import ClockedTarget, TargetState
from workflows.incident.shown import ShownIncident
from workflows.runtime.markdown import linked, plain

_DONE: Final = {TargetState.MET, TargetState.MISSED}
_NAMED: Final = 3
"""Components that the line names; the table of alarms has the others."""

TARGET_NAMES: Final = {"respond": "response", "restore": "restoration", "update": "customer update"}
"""What people read for each service level."""


def status_line(view: ShownIncident) -> str:
    """One line of Markdown; for a closed incident it says how the incident ended."""
    memory = view.memory
    priority = memory.priority or "no priority yet"
    if view.closed:
        end = view.end.value.replace("-", " ") if view.end else ""
        said = end if end.startswith("closed") else f"closed: {end}"
        return f"**{priority} · {plain(view.order.application)} · {said}**"
    late = [f"OVERDUE: {TARGET_NAMES[p.kind.value]}" for p in view.targets if is_late(p, view.now)]
    return " · ".join(
        [
            *(f"**{one}**" for one in late),
            f"**{priority}**",
            plain(view.order.application),
            _failed(view),
            _next_action(view),
        ]
    )


def is_late(target: ClockedTarget, now: datetime) -> bool:
    """Whether its deadline has passed, even if the clocks have not been read since."""
    if target.state is TargetState.RUNNING:
        return target.deadline is not None and target.done_at is None and target.deadline <= now
    return target.state is TargetState.OVERDUE


def left(target: ClockedTarget, now: datetime) -> str:
    """Time left until its deadline, or time since it; empty where no deadline runs."""
    if target.deadline is None or target.state in _DONE:
        return ""
    minutes = int((target.deadline - now).total_seconds() // 60)
    span = _minutes(abs(minutes))
    return f"{span} left" if target.deadline > now else f"**{span} overdue**"


def _minutes(count: int) -> str:
    days, rest = divmod(count, 24 * 60)
    if days:
        return f"{days}d{rest // 60}h"
    return f"{rest // 60}h{rest % 60:02}m" if rest >= 60 else f"{rest} min"


def _failed(view: ShownIncident) -> str:
    affected = view.affected
    if not affected:
        return "failed components unknown yet"
    names = ", ".join(plain(one, 60) for one in affected[:_NAMED])
    more = f" and {len(affected) - _NAMED} more" if len(affected) > _NAMED else ""
    return f"failed: {names}{more}"


def _next_action(view: ShownIncident) -> str:
    """The next action of people, or the reason why there is none."""
    lead, waiting = view.memory.lead, view.memory.waiting
    todo = []
    if lead.alerted and not lead.acknowledged:
        todo.append("acknowledge")
    if view.asked:
        todo.append("answer " + ", ".join(gate.id for gate in view.asked))
    if todo or view.blocked:
        blocked = [f"blocked: {linked(view.blocked, 240)}"] if view.blocked else []
        return " · ".join([*(f"**{one}**" for one in blocked), *([f"**you: {' and '.join(todo)}**"] if todo else [])])
    if waiting is not None:
        return f"waiting for {plain(waiting.name, 60)}"
    return "acknowledged" if lead.acknowledged else "nothing to do: remediation is running"
