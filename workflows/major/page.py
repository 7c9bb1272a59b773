"""The page that an operator reads in the UI of a major incident: who leads, how its incidents stand, what to press."""

from __future__ import annotations

from datetime import datetime

from models.dossier.agreement import Priority
from models.major import CloseMajor, MajorMemory, SeenIncident, UpdateCustomers
from workflows.runtime.markdown import link, linked, page, paste, plain, stamp, table

_SHOWN = 15
"""Incidents, and a few lines of the timeline: the page is meant to be small; the query `status` has all."""

_LINES = 6


def major_page(
    title: str,
    memory: MajorMemory,
    priority: Priority | None,
    now: datetime,
    notice: str = "",
    ending: CloseMajor | None = None,
) -> str:
    """The major incident as short Markdown; `notice` says what was not taken, `ending` who has closed it."""
    members = sorted((m.seen for m in memory.members.values()), key=lambda s: (not s.runs, s.priority or "P9", s.id))
    still = sum(1 for seen in members if seen.runs)
    rows = table(
        ["incident", "prio", "state", "open", "what"], [_row(seen, memory.lead, now) for seen in members[:_SHOWN]]
    )
    more = f"… and {len(members) - _SHOWN} more; the query `status` has all." if len(members) > _SHOWN else ""
    happened = table(
        ["UTC", ""], [(stamp(e.at, now), linked(e.text, 160)) for e in reversed(memory.timeline[-_LINES:])]
    )
    seen_at = f" · looked at {memory.seen_at:%H:%M:%S} UTC" if memory.seen_at else ""
    return page(
        f"### {plain(title)}",
        f"**{priority.value if priority else '-'}** · led by **{plain(memory.lead)}** · "
        f"{still} of {len(members)} incidents are open{seen_at}",
        notice,
        f"**Closed** by {plain(ending.by)}: {plain(ending.reason)}" if ending else "",
        rows or ("" if ending else "No incident belongs to it yet: *Send an Update*, `add_incidents`."),
        more,
        "" if ending else _to_do(memory, still),
        f"**What happened, newest first**\n\n{happened}" if happened else "",
        ""
        if ending
        else "*Send an Update* also takes `add_incidents`, `remove_incident`, `hand_over`, `add_note`, `close_major`.",
    )


def _to_do(memory: MajorMemory, still: int) -> str:
    """What whoever leads it does most: tell the customers while an incident is open, then close it."""
    if still:
        message = UpdateCustomers(by=memory.lead, text="We know more at ...")
        return "**To tell all customers**, " + paste("update_customers", message)
    if not memory.members:
        return ""
    return "None of its incidents is open. **To close it**, " + paste(
        "close_major", CloseMajor(by=memory.lead, reason="All work again")
    )


def _row(seen: SeenIncident, lead: str, now: datetime) -> tuple[str, ...]:
    return (
        link(seen.id),
        seen.priority.value if seen.priority else "-",
        plain(standing(seen)) + (f", led by {plain(seen.lead, 60)}" if seen.lead not in {None, lead} else ""),
        _age(seen, now),
        plain(seen.title, 40),
    )


def standing(seen: SeenIncident) -> str:
    """How an incident stands, in a word or two."""
    if not seen.known:
        return "not there"
    if not seen.runs:
        return (seen.outcome or "lost").replace("-", " ")
    state = seen.state.replace("-", " ")
    return state if seen.answers else f"{state or 'open'}, no worker answers"


def _age(seen: SeenIncident, now: datetime) -> str:
    if seen.opened_at is None:
        return "-"
    minutes = max(0, int(((seen.closed_at or now) - seen.opened_at).total_seconds() // 60))
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days}d{hours}h"
    return f"{hours}h{minutes}m" if hours else f"{minutes}m"
