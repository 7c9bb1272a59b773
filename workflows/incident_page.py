"""The page that an operator reads in the UI while an incident runs: what stands, what it waits for, what to press."""

from __future__ import annotations

from models.incident import IncidentMemory, IncidentOrder
from models.names import watch_id
from workflows.text import page, plain, table

_SHOWN = 10
"""Lines of the timeline that the page shows; the records have them all."""


def incident_page(order: IncidentOrder, memory: IncidentMemory, gates: str) -> str:
    """The incident as short Markdown."""
    watch = f"/namespaces/{{namespace}}/workflows/{watch_id(order.application)}"
    alarms = table(
        ["alarm", "severity", "component", "since (UTC)"],
        [
            (plain(a.title, 80), a.severity.value, plain(a.component or "-"), f"{a.since:%m-%d %H:%M:%S}")
            for a in list(memory.alarms.values())[:8]
        ],
    )
    happened = table(
        ["UTC", "what", ""],
        [(f"{e.at:%H:%M:%S}", e.kind.value, plain(e.text, 180)) for e in reversed(memory.timeline[-_SHOWN:])],
    )
    return page(
        f"### {plain(order.title)}",
        f"**{memory.priority or '-'}** · **{memory.state.value}** · {plain(memory.doing)}",
        gates,
        f"**Alarms that still fire**\n\n{alarms}" if alarms else "No alarm fires any more.",
        f"**What happened, newest first**\n\n{happened}" if happened else "",
        f"[Watch of {order.application}]({watch}) · add a note by *Send an Update*, `add_note`",
    )
