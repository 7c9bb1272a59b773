"""The page that an operator reads in the UI of an application's watch."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from itertools import islice
from typing import Any

from models.lease import Lease
from models.names import day_key, halt_id, operation_id, start_path
from models.operation import OperationKind
from models.watch import OpenAlarm, WaitingForLease, WatchState
from workflows.runtime.markdown import DETAILS_LIMIT, link, linked, page, plain, table
from workflows.watch.state import firing_in

_MOST = 15


def watch_page(
    application: str, state: WatchState, waiting: list[WaitingForLease], now: datetime, notice: str = ""
) -> str:
    """Open incidents, alarms and what is not acted on for now as short Markdown; `notice` says what was not taken."""
    incidents = table(
        ["incident", "components", "opened (UTC)"],
        [
            (
                link(i.id),
                plain(", ".join(i.components) or "the whole application"),
                f"{i.opened_at:%m-%d %H:%M}" + (f", again ({i.reopened})" if i.reopened else ""),
            )
            for i in list(state.incidents.values())[:_MOST]
        ],
    )
    acted_on = [h for h in state.alarms.values() if h.incident is not None]
    left = [h for h in state.alarms.values() if h.incident is None]
    known = f"dossier `{state.slice.dossier[:12]}`" if state.slice.known else "**no dossier is published for it**"
    parts = [
        f"### Watch of {plain(state.slice.name or application)}",
        f"Open incidents: **{len(state.incidents)}** · alarms that fire: **{firing_in(state)}**, "
        f"not acted on: **{sum(h.count for h in left)}** · {known}",
        notice,
        f"Its memory was cut at the last change of runs: {plain(state.shortened)}." if state.shortened else "",
        f"**Open incidents**\n\n{incidents}" if incidents else "",
        _listed("Alarms that fire and are not acted on", map(_alarm, left), len(left)),
        _operations(state, waiting),
        _silences(state),
        _listed("Alarms that have an incident", map(_alarm, acted_on), len(acted_on)),
        "*More Actions*, *Send an Update*: `open_incident` opens one by hand; `silence` keeps alarms quiet for a while, "
        "`lift_silence` ends that; `merge_incidents`, `split_incident`, `reopen_incident`. Each shows what to write.",
    ]
    start = _start(application, state, now)
    # What waits for people goes first; half a link would be none.
    return page(*parts, start) if len(page(*parts, start)) < DETAILS_LIMIT else page(*parts)


def _start(application: str, state: WatchState, now: datetime) -> str:
    """Forms that start something for the application, each under a readable id that is free, with what to paste into it."""
    key, by = day_key(now), next(iter(state.slice.people), "on-call@driftbolaget.example")
    customer = application.partition(".")[0]
    order: dict[str, Any] = {"application": application, "by": by, "rehearse": True}
    forms = [
        *(
            _form(kind, operation_id(kind, application, key), order)
            for kind in (OperationKind.START_UP.value, OperationKind.SHUT_DOWN.value)
        ),
        *(
            _form(workflow, operation_id(workflow, application, f"{name}.{key}"), order | {_field(workflow): name})
            for workflow, [name, *_] in state.slice.startable.items()
        ),
        _form("halt", halt_id(customer), {"customer": customer, "by": by, "reason": "why"}),
    ]
    return (
        "**Start** something: each link opens a form. Paste what stands beside it; leave `rehearse` out to act.\n\n"
        + "\n".join(forms)
    )


def _field(workflow: str) -> str:
    """The field of an order that holds the name in the dossier."""
    return "restore" if workflow in {OperationKind.RESTORE, OperationKind.DRILL} else "routine"


def _form(workflow: str, id: str, order: dict[str, Any]) -> str:
    given = json.dumps(order, ensure_ascii=False).replace("`", "'")
    return f"- [{workflow}]({start_path('{namespace}', workflow, id)}) `{given}`"


def _listed(title: str, items: Iterable[str], count: int) -> str:
    """A list: a table would be wider than the UI has room for. Only the lines that are shown are made."""
    if not count:
        return ""
    more = [f"- … and {count - _MOST} more; `driftvakt watch show` lists them"] if count > _MOST else []
    return f"**{title}**\n\n" + "\n".join([*islice(items, _MOST), *more])


def _alarm(held: OpenAlarm) -> str:
    alarm = held.alarm
    times = f" ({held.times}x)" if held.times > 1 else ""
    incident = f", {link(held.incident)}" if held.incident else ""
    said = linked(standing(held), 160)
    return (
        f"- **{alarm.severity.value}** {plain(alarm.title, 60)}{times}, since {alarm.since:%m-%d %H:%M} UTC{incident}"
        + (f": {said}" if said else "")
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


def _operations(state: WatchState, waiting: list[WaitingForLease]) -> str:
    """Who may operate on what, who waits, and for whom; whose alarms are held."""
    held = [_operation(lease, f"holds the lease since {lease.since:%m-%d %H:%M}") for lease in state.leases.values()]
    queued = [
        _operation(w.lease, f"**waits** since {w.lease.since:%m-%d %H:%M}: {linked(w.reason, 200)}") for w in waiting
    ]
    quiet = [
        f"- Alarms of {_of(o.components)} are suppressed until {o.until:%m-%d %H:%M}: {link(o.holder, o.title)} is in progress"
        for o in state.operations.values()
    ]
    said = [*held, *queued, *quiet]
    return _listed("Operations and leases (UTC)", said, len(said))


def _operation(lease: Lease, stands: str) -> str:
    return (
        f"- **{plain(lease.title, 60)}**, on {_of(lease.components)}, by {linked(lease.by, 60)}, {stands}: "
        f"{link(lease.holder)}"
    )


def _silences(state: WatchState) -> str:
    """Silences, with who, why and until when."""
    silences = [
        f"- `{s.id}` {plain(s.reason, 80)}: {_of([*s.components, *s.measuring_points])} until {s.until:%m-%d %H:%M}, "
        f"by {plain(s.by, 60)}"
        for s in state.silences.values()
    ]
    return _listed("Silences (UTC)", silences, len(silences))


def _of(names: list[str]) -> str:
    return plain(", ".join(names) or "the whole application", 80)
