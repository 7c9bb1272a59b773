"""The page of a watch in the Temporal UI."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from models.lease import Lease
from models.names import day_key, halt_id, operation_id, start_path
from models.operation_kinds import OperationKind, operation_kinds
from models.watch import OpenAlarm, WaitingForLease, WatchState
from workflows.runtime.markdown import DETAILS_LIMIT, link, linked, page, plain, table
from workflows.watch.state import firing_in

_MOST = 15


def watch_page(
    application: str, state: WatchState, waiting: list[WaitingForLease], now: datetime, notice: str = ""
) -> str:
    """Return open incidents, alarms, leases and silences as short Markdown. `notice` has the refused requests."""
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
    handled = [h for h in state.alarms.values() if h.incident is not None]
    left = [h for h in state.alarms.values() if h.incident is None]
    known = f"dossier `{state.plan.dossier[:12]}`" if state.plan.known else "**no dossier is published for it**"
    parts = [
        f"### Watch of {plain(state.plan.name or application)}",
        f"Open incidents: **{len(state.incidents)}** · active alarms: **{firing_in(state)}**, "
        f"without an incident: **{sum(h.count for h in left)}** · {known}",
        notice,
        f"The watch had to cut its memory: {plain(state.shortened)}." if state.shortened else "",
        f"**Open incidents**\n\n{incidents}" if incidents else "",
        _listed("Active alarms without an incident", map(_alarm, left), len(left)),
        _operations(state, waiting),
        _silences(state),
        _listed("Active alarms with an incident", map(_alarm, handled), len(handled)),
        "*More Actions*, *Send an Update*: `open_incident`, `merge_incidents`, `split_incident`, `reopen_incident`, `silence`, "
        "`lift_silence`. The description of each update has an example of its input.",
    ]
    start = _start(application, state, now)
    # Incidents that wait for people come first. Half a link would not work.
    return page(*parts, start) if len(page(*parts, start)) < DETAILS_LIMIT else page(*parts)


def _start(application: str, state: WatchState, now: datetime) -> str:
    """Return links to forms that start something for the application, each with a free workflow id and the input to paste."""
    key, by = day_key(now), next(iter(state.plan.people.names), "on-call@driftbolaget.example")
    customer = application.partition(".")[0]
    forms = [
        *(_of_kind(kind, application, by, state.plan.startable, key) for kind in operation_kinds().values()),
        _form("halt", halt_id(customer), {"customer": customer, "by": by, "reason": "why"}),
    ]
    return (
        "**Start** something: each link opens a form. Paste the text beside the link as the input; without `rehearse`, the "
        "operation acts.\n\n" + "\n".join(filter(None, forms))
    )


def _of_kind(
    kind: OperationKind[Any], application: str, by: str, startable: Mapping[str, Sequence[str]], key: str
) -> str:
    """Return the form for a kind of operation; empty if people do not start it, or the dossier has no instruction for it."""
    workflow = kind.started_as
    if not workflow:
        return ""
    if not kind.named_by:
        return _form(workflow, operation_id(workflow, application, key), kind.sample(application, by))
    if not (names := startable.get(workflow)):
        return ""
    id = operation_id(workflow, application, f"{names[0]}.{key}")
    return _form(workflow, id, kind.sample(application, by, names[0]))


def _form(workflow: str, id: str, order: dict[str, Any]) -> str:
    given = json.dumps(order, ensure_ascii=False).replace("`", "'")
    return f"- [{workflow}]({start_path('{namespace}', workflow, id)}) `{given}`"


def _listed(title: str, items: Iterable[str], count: int) -> str:
    """Return a list; a table would be wider than the UI has room for."""
    if not count:
        return ""
    more = [f"- … and {count - _MOST} more; `driftvakt watch show` lists them"] if count > _MOST else []
    return f"**{title}**\n\n" + "\n".join([*islice(items, _MOST), *more])


def _alarm(open_alarm: OpenAlarm) -> str:
    alarm = open_alarm.alarm
    times = f" ({open_alarm.times}x)" if open_alarm.times > 1 else ""
    incident = f", {link(open_alarm.incident)}" if open_alarm.incident else ""
    said = linked(alarm_state(open_alarm), 160)
    return (
        f"- **{alarm.severity.value}** {plain(alarm.title, 60)}{times}, since {alarm.since:%m-%d %H:%M} UTC{incident}"
        + (f": {said}" if said else "")
    )


def alarm_state(open_alarm: OpenAlarm) -> str:
    """Why no incident handles an alarm, or when the watch raises it again; empty for an alarm that an incident handles."""
    said = []
    if open_alarm.flapping_since is not None:
        said.append(
            f"flapping since {open_alarm.flapping_since:%H:%M}" + (", cleared now" if open_alarm.quiet_since else "")
        )
    if (suppression := open_alarm.suppression) is not None:
        said.append(f"{suppression.disposition.value} until {suppression.until:%m-%d %H:%M}: {suppression.why}")
    if open_alarm.recheck_at is not None:
        times = f", {open_alarm.unconfirmed}x not confirmed" if open_alarm.unconfirmed else ""
        said.append(f"raised again at {open_alarm.recheck_at:%H:%M:%S} if still active{times}")
    return "; ".join(said)


def _operations(state: WatchState, waiting: list[WaitingForLease]) -> str:
    """Return leases, the lease queue, and operations whose alarms are suppressed."""
    holders = [_operation(lease, f"holds the lease since {lease.since:%m-%d %H:%M}") for lease in state.leases.values()]
    queued = [
        _operation(w.lease, f"**waits** since {w.lease.since:%m-%d %H:%M}: {linked(w.reason, 200)}") for w in waiting
    ]
    quiet = [
        f"- Alarms of {_of(str(o.components))} are suppressed until {o.until:%m-%d %H:%M}: "
        f"{link(o.holder, o.title)} is in progress"
        for o in state.operations.values()
    ]
    said = [*holders, *queued, *quiet]
    return _listed("Operations and leases (UTC)", said, len(said))


def _operation(lease: Lease, state: str) -> str:
    return (
        f"- **{plain(lease.title, 60)}**, on {_of(str(lease.components))}, by {linked(lease.by, 60)}, {state}: "
        f"{link(lease.holder)}"
    )


def _silences(state: WatchState) -> str:
    """Return the silences, with who, why and until when."""
    silences = [
        f"- `{s.id}` {plain(s.reason, 80)}: {_of(s.what)} until {s.until:%m-%d %H:%M}, by {plain(s.by, 60)}"
        for s in state.silences.values()
    ]
    return _listed("Silences (UTC)", silences, len(silences))


def _of(scope: str) -> str:
    return plain(scope, 80)
