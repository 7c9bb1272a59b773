"""The page of a major incident in the UI: its lead, the state of its incidents, and the updates to send."""

from __future__ import annotations

from datetime import datetime

from models.base import counted
from models.dossier.agreement import Priority
from models.major import CloseMajor, IncidentSnapshot, MajorMemory, UpdateCustomers
from workflows.runtime.markdown import link, linked, page, paste, plain, stamp, table

_SHOWN = 15
"""Incidents on the page, which must be small; the query `status` has all of them."""

_LINES = 6
"""Lines of the timeline on the page."""


def major_page(
    title: str,
    memory: MajorMemory,
    priority: Priority | None,
    now: datetime,
    notice: str = "",
    ending: CloseMajor | None = None,
) -> str:
    """The major incident as short Markdown; `notice` says which signal was refused, `ending` who has closed it."""
    members = sorted((m.seen for m in memory.members.values()), key=lambda s: (not s.runs, s.priority or "P9", s.id))
    still = sum(1 for seen in members if seen.runs)
    rows = table(
        ["incident", "prio", "state", "open", "what"], [_row(seen, memory.lead, now) for seen in members[:_SHOWN]]
    )
    more = f"… and {len(members) - _SHOWN} more; the query `status` has all." if len(members) > _SHOWN else ""
    happened = table(
        ["UTC", ""], [(stamp(e.at, now), linked(e.text, 160)) for e in reversed(memory.timeline.lines[-_LINES:])]
    )
    seen_at = f" · checked {memory.seen_at:%H:%M:%S} UTC" if memory.seen_at else ""
    return page(
        f"### {plain(title)}",
        f"**{priority.value if priority else '-'}** · led by **{plain(memory.lead)}** · "
        f"open: {still} of {counted(len(members), 'incident')}{seen_at}",
        notice,
        f"**Closed** by {plain(ending.by)}: {plain(ending.reason)}" if ending else "",
        rows or ("" if ending else "It has no incidents yet: *Send an Update*, `add_incidents`."),
        more,
        "" if ending else _next_action(memory, still),
        f"**Timeline, newest first**\n\n{happened}" if happened else "",
        ""
        if ending
        else "*Send an Update* also takes `add_incidents`, `remove_incident`, `hand_over`, `add_note`, `close_major`.",
    )


def _next_action(memory: MajorMemory, still: int) -> str:
    """The next update for the lead to send: to the customers while an incident is open, then `close_major`."""
    if still:
        message = UpdateCustomers(by=memory.lead, text="We know more at ...")
        return "**To update all customers**, " + paste("update_customers", message)
    if not memory.members:
        return ""
    return "All its incidents are closed. **To close it**, " + paste(
        "close_major", CloseMajor(by=memory.lead, reason="All services work again")
    )


def _row(seen: IncidentSnapshot, lead: str, now: datetime) -> tuple[str, ...]:
    return (
        link(seen.id),
        seen.priority.value if seen.priority else "-",
        plain(state_of(seen)) + (f", led by {plain(seen.lead, 60)}" if seen.lead not in {None, lead} else ""),
        _age(seen, now),
        plain(seen.title, 40),
    )


def state_of(seen: IncidentSnapshot) -> str:
    """The state or outcome of an incident as a short text."""
    if not seen.known:
        return "does not exist"
    if not seen.runs:
        return (seen.outcome or "lost").replace("-", " ")
    state = seen.state.replace("-", " ")
    return state if seen.answers else f"{state or 'open'}, no worker answers"


def _age(seen: IncidentSnapshot, now: datetime) -> str:
    if seen.opened_at is None:
        return "-"
    minutes = max(0, int(((seen.closed_at or now) - seen.opened_at).total_seconds() // 60))
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days}d{hours}h"
    return f"{hours}h{minutes}m" if hours else f"{minutes}m"
