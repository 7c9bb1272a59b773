"""The page that an operator reads in the UI of an application's watch."""

from __future__ import annotations

from models.watch import WatchState
from workflows.text import page, plain, table


def watch_page(application: str, state: WatchState) -> str:
    """Open incidents and alarms as short Markdown."""
    incidents = table(
        ["incident", "components", "opened (UTC)"],
        [
            (
                _link(i.id),
                plain(", ".join(i.components) or "the whole application"),
                f"{i.opened_at:%m-%d %H:%M:%S}",
            )
            for i in list(state.incidents.values())[:15]
        ],
    )
    alarms = table(
        ["alarm", "since (UTC)", "incident"],
        [
            (
                f"{h.alarm.severity.value}: {plain(h.alarm.title, 60)}" + (f" ({h.times}x)" if h.times > 1 else ""),
                f"{h.alarm.since:%m-%d %H:%M:%S}",
                _link(h.incident) if h.incident else "-",
            )
            for h in list(state.alarms.values())[:15]
        ],
    )
    known = f"dossier `{state.slice.dossier[:12]}`" if state.slice.known else "**no dossier is published for it**"
    return page(
        f"### Watch of {plain(state.slice.name or application)}",
        f"Open incidents: {len(state.incidents)} · alarms that fire: {len(state.alarms)} · "
        f"opened so far: {state.opened} · {known}",
        f"**Open incidents**\n\n{incidents}" if incidents else "",
        f"**Alarms that fire**\n\n{alarms}" if alarms else "",
        "Open an incident by hand: *Send an Update*, `open_incident`.",
    )


def _link(incident: str) -> str:
    return f"[{incident}](/namespaces/{{namespace}}/workflows/{incident})"
