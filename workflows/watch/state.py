"""The memory of a watch: how it begins, what a new dossier changes, and what is told of it."""

from __future__ import annotations

from models.alarms import Disposition
from models.records import AlarmRecord
from models.sizes import ANSWER, first_that_fit
from models.slices import KnownIncident, WatchSlice
from models.watch import ClosedIncident, JournalEntry, OpenIncidentState, WaitingForLease, WatchState, WatchStatus


def begun(fresh: WatchSlice) -> WatchState:
    """The memory of a watch that begins: incidents that the records know as open must not be opened a second time."""
    state = WatchState(
        slice=_lasting(fresh),
        next_number=fresh.next_number,
        next_alarm=fresh.next_alarm,
        incidents={i.id: _known(i) for i in fresh.incidents},
    )
    closed = [i for i in fresh.closed if i.closed_at is not None]
    for i in sorted(closed, key=lambda i: (i.closed_at, i.number)):
        assert i.closed_at is not None
        state.closed[i.id] = ClosedIncident(**_known(i).model_dump(), closed_at=i.closed_at, end=i.end, lead=i.lead)
    return state


def learnt(state: WatchState, fresh: WatchSlice) -> None:
    """Take a new version of the dossier in; what the watch itself has seen counts for more than what the records say."""
    state.slice = _lasting(fresh)


def _lasting(fresh: WatchSlice) -> WatchSlice:
    """What is of use for longer than the beginning, so that it is not carried along."""
    return fresh.model_copy(update={"incidents": [], "closed": []})


def _known(incident: KnownIncident) -> OpenIncidentState:
    return OpenIncidentState(
        id=incident.id,
        number=incident.number,
        components=incident.components if incident.subject is None else [],
        whole_application=incident.subject is None and not incident.components,
        subject=incident.subject,
        opened_at=incident.opened_at,
        title=incident.title,
        reopened=incident.reopened,
    )


def status_of(application: str, state: WatchState, waiting: list[WaitingForLease]) -> WatchStatus:
    """What a watch sees now."""
    kept = [h.kept.disposition for h in state.alarms.values() if h.kept for _ in range(h.count)]
    alarms = [h.model_copy(update={"members": set()}) for h in state.alarms.values()]
    unshown: dict[str, object] = {"fingerprints": [], "points": [], "unhandled": [], "reported": []}
    incidents = [i.model_copy(update=unshown) for i in state.incidents.values()]
    return WatchStatus(
        application=application,
        dossier=state.slice.dossier,
        alarms=alarms[: first_that_fit(alarms, ANSWER)],
        firing=firing_in(state),
        incidents=incidents[: first_that_fit(incidents, ANSWER // 2)],
        open=len(incidents),
        next_number=state.next_number,
        opened=state.opened,
        unrecorded=len(state.journal),
        silences=list(state.silences.values()),
        operations=list(state.operations.values()),
        held=kept.count(Disposition.HELD),
        suppressed=kept.count(Disposition.SUPPRESSED),
        flapping=sum(1 for h in state.alarms.values() if h.flapping_since),
        leases=list(state.leases.values()),
        waiting=waiting,
        shortened=state.shortened,
    )


def firing_in(state: WatchState) -> int:
    """How many alarms fire."""
    return sum(held.count for held in state.alarms.values())


def record(application: str, entry: JournalEntry) -> AlarmRecord:
    """An entry of the journal as the records keep it."""
    alarm = entry.alarm
    return AlarmRecord(
        application=application,
        sequence=entry.sequence,
        at=alarm.seen_at,
        title=alarm.title,
        state=alarm.state.value,
        severity=alarm.severity.value,
        component=alarm.component,
        source=alarm.source,
        receipt=entry.receipt,
    )
