"""The memory of a watch: its beginning, changes by a new dossier, and its status."""

from __future__ import annotations

from models.alarms import Disposition
from models.plans import KnownIncident, WatchPlan
from models.records import AlarmRecord
from models.sizes import ANSWER, first_that_fit
from models.watch import ClosedIncident, JournalEntry, OpenIncidentState, WaitingForLease, WatchState, WatchStatus


def begun(fresh: WatchPlan) -> WatchState:
    """Return the memory of a new watch. It contains the incidents that are open in the records, so that none is opened twice."""
    state = WatchState(
        plan=_lasting(fresh),
        next_number=fresh.next_number,
        next_alarm=fresh.next_alarm,
        incidents={i.id: _known(i) for i in fresh.incidents},
    )
    closed = [i for i in fresh.closed if i.closed_at is not None]
    for i in sorted(closed, key=lambda i: (i.closed_at, i.number)):
        assert i.closed_at is not None
        state.closed[i.id] = ClosedIncident(**_known(i).model_dump(), closed_at=i.closed_at, end=i.end, lead=i.lead)
    return state


def learnt(state: WatchState, fresh: WatchPlan) -> None:
    """Take over a new version of the dossier. For incidents, the watch's own memory counts more than the records."""
    state.plan = _lasting(fresh)


def _lasting(fresh: WatchPlan) -> WatchPlan:
    """Leave out the incidents of the records, which only a new watch needs."""
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
    """Return the state of a watch, for queries."""
    kept = [h.suppression.disposition for h in state.alarms.values() if h.suppression for _ in range(h.count)]
    alarms = [h.model_copy(update={"members": set()}) for h in state.alarms.values()]
    unshown: dict[str, object] = {"fingerprints": [], "points": [], "unhandled": [], "reported": []}
    incidents = [i.model_copy(update=unshown) for i in state.incidents.values()]
    return WatchStatus(
        application=application,
        dossier=state.plan.dossier,
        alarms=alarms[: first_that_fit(alarms, ANSWER)],
        firing=firing_in(state),
        incidents=incidents[: first_that_fit(incidents, ANSWER // 2)],
        open=len(incidents),
        next_number=state.next_number,
        opened=state.opened,
        unrecorded=len(state.journal),
        silences=list(state.silences.values()),
        operations=list(state.operations.values()),
        deferred=kept.count(Disposition.DEFERRED),
        suppressed=kept.count(Disposition.SUPPRESSED),
        flapping=sum(1 for h in state.alarms.values() if h.flapping_since),
        leases=list(state.leases.values()),
        waiting=waiting,
        shortened=state.shortened,
    )


def firing_in(state: WatchState) -> int:
    """Return the number of active alarms."""
    return sum(open_alarm.count for open_alarm in state.alarms.values())


def record(application: str, entry: JournalEntry) -> AlarmRecord:
    """Return an entry of the journal as the records store it."""
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
