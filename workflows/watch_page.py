"""The page that an operator reads in the UI of an application's watch."""

from __future__ import annotations

from models.watch import OpenAlarm, WatchState
from workflows.text import page, plain, table

_MOST = 15


def watch_page(application: str, state: WatchState) -> str:
    """Open incidents, alarms and what is not acted on for now as short Markdown."""
    incidents = table(
        ["incident", "components", "opened (UTC)"],
        [
            (
                _link(i.id),
                plain(", ".join(i.components) or "the whole application"),
                f"{i.opened_at:%m-%d %H:%M:%S}" + (f", again ({i.reopened})" if i.reopened else ""),
            )
            for i in list(state.incidents.values())[:_MOST]
        ],
    )
    alarms = table(
        ["alarm", "since (UTC)", "incident", ""],
        [
            (
                f"{h.alarm.severity.value}: {plain(h.alarm.title, 60)}" + (f" ({h.times}x)" if h.times > 1 else ""),
                f"{h.alarm.since:%m-%d %H:%M:%S}",
                _link(h.incident) if h.incident else "-",
                plain(standing(h), 160),
            )
            for h in list(state.alarms.values())[:_MOST]
        ],
    )
    known = f"dossier `{state.slice.dossier[:12]}`" if state.slice.known else "**no dossier is published for it**"
    return page(
        f"### Watch of {plain(state.slice.name or application)}",
        f"Open incidents: {len(state.incidents)} · alarms that fire: {len(state.alarms)} · "
        f"opened so far: {state.opened} · {known}",
        f"**Open incidents**\n\n{incidents}" if incidents else "",
        _agreed(state),
        f"**Alarms that fire**\n\n{alarms}" if alarms else "",
        "Open an incident by hand: *Send an Update*, `open_incident`. Not to be disturbed for a while: `silence`.",
    )


def standing(held: OpenAlarm) -> str:
    """Why an alarm is not acted on, or when it is looked at again; empty where there is nothing to say."""
    said = []
    if held.flapping_since is not None:
        said.append(f"flaps since {held.flapping_since:%H:%M}" + (", quiet now" if held.quiet_since else ""))
    if held.kept is not None:
        said.append(f"{held.kept.disposition.value} until {held.kept.until:%m-%d %H:%M}: {held.kept.why}")
    if held.recheck_at is not None:
        times = f", {held.unconfirmed}x not confirmed" if held.unconfirmed else ""
        said.append(f"raised again at {held.recheck_at:%H:%M:%S} if it still fires{times}")
    return "; ".join(said)


def _agreed(state: WatchState) -> str:
    """Silences and operations, with who, why and until when."""
    operations = [
        (plain(f"{o.title} ({o.holder})", 80), _of(o.components), plain(o.by, 40), f"{o.until:%m-%d %H:%M}")
        for o in state.operations.values()
    ]
    silences = [
        (
            f"{s.id}: {plain(s.reason, 80)}",
            _of([*s.components, *s.measuring_points]),
            plain(s.by, 40),
            f"{s.until:%m-%d %H:%M}",
        )
        for s in state.silences.values()
    ]
    shown = table(["silence or operation", "of", "by", "until (UTC)"], [*operations, *silences][:_MOST])
    return f"**Not acted on for now**\n\n{shown}" if shown else ""


def _of(names: list[str]) -> str:
    return plain(", ".join(names) or "the whole application", 80)


def _link(incident: str) -> str:
    return f"[{incident}](/namespaces/{{namespace}}/workflows/{incident})"
