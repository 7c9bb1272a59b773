"""The incidents of one application: opens, joins, reopens, merges and splits them.

The functions change the watch's memory, and pass on the workflows to start and the messages to send.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from models.alarms import BY_HAND, MERGED, Alarm, digest_of, subject_of
from models.dossier.agreement import Level
from models.incident import (
    AlarmsCleared,
    AlarmsJoined,
    AlarmsUnhandled,
    IncidentEnd,
    IncidentOrder,
    Merged,
    Reopening,
)
from models.names import incident_id
from models.sizes import MESSAGE, first_that_fit
from models.watch import LOST, ClosedIncident, OpenAlarm, OpenIncidentState, WatchState
from workflows.watch.correlation import COMES_BACK, Role
from workflows.watch.suppression import raise_again_after

if TYPE_CHECKING:
    from workflows.watch.outbox import Message

_REMEMBERED_CLOSED: Final = 50
_REMEMBERED_FINGERPRINTS: Final = 50
_BY_HAND: Final = {IncidentEnd.CLOSED_BY_HAND.value, IncidentEnd.CANCELLED.value}


class IncidentRegister:
    """The incidents in a watch's memory.

    `start` gets the workflow id and the order of an incident to start. `send` sends a message to a running incident.
    """

    def __init__(
        self,
        application: str,
        memory: WatchState,
        now: Callable[[], datetime],
        start: Callable[[str, IncidentOrder], None],
        send: Callable[[str, Message], None],
    ) -> None:
        self._application = application
        self._memory = memory
        self._now = now
        self._start = start
        self._send = send

    def open(
        self,
        alarms: Sequence[Alarm],
        title: str,
        by: str,
        *,
        impact: Level | None = None,
        urgency: Level | None = None,
        note: str = "",
        by_hand: bool = False,
    ) -> OpenIncidentState:
        """Number a new incident and start it."""
        memory = self._memory
        number = memory.next_number
        memory.next_number += 1
        memory.opened += 1
        incident = OpenIncidentState(
            id=incident_id(self._application, number),
            number=number,
            components=[],
            subject=subject_of(alarms),
            opened_at=self._now(),
            title=title,
        )
        self._add(incident, alarms, by_hand=by_hand)
        memory.incidents[incident.id] = incident
        order = self._order(number, title, by, alarms)
        self._start(incident.id, order.model_copy(update={"impact": impact, "urgency": urgency, "note": note}))
        self._signal_rest(incident.id, order, alarms)
        return incident

    def join(self, incident: OpenIncidentState, alarm: Alarm, role: Role = Role.SAME, *, by_hand: bool = False) -> None:
        """Add an alarm to an open incident."""
        self._add(incident, [alarm], by_hand=by_hand)
        self._send(incident.id, joined(alarm, role))

    def reopen(self, closed: ClosedIncident, alarms: Sequence[Alarm], by: str, reason: str) -> OpenIncidentState:
        """Start a closed incident again under its number. It reads its earlier events from the records."""
        memory = self._memory
        memory.closed.pop(closed.id, None)
        times = closed.reopened + 1
        incident = OpenIncidentState(
            id=closed.id,
            number=closed.number,
            components=list(closed.components),
            whole_application=closed.whole_application,
            subject=closed.subject,
            opened_at=closed.opened_at,
            title=closed.title,
            fingerprints=list(closed.fingerprints),
            points=list(closed.points),
            reopened=times,
        )
        if closed.end in COMES_BACK:
            incident.recovered_at, incident.recovered = closed.closed_at, closed.end
        self._add(incident, alarms)
        memory.incidents[incident.id] = incident
        again = Reopening(
            times=times,
            by=by[:120],
            reason=reason,
            opened_at=closed.opened_at,
            lead=closed.lead,
            lost=closed.end == LOST,
            end=IncidentEnd(closed.end) if closed.end in set(IncidentEnd) else None,
        )
        title = closed.title or (alarms[0].title if alarms else incident.id)
        order = self._order(closed.number, title, by, alarms)
        self._start(incident.id, order.model_copy(update={"reopening": again}))
        self._signal_rest(incident.id, order, alarms)
        return incident

    def ended(self, incident: str, end: str | None, lead: str | None = None) -> bool:
        """Remember an incident as closed; the watch checks its active alarms again later. Return False if that was known."""
        memory = self._memory
        found = memory.incidents.pop(incident, None)
        if found is None:
            return False
        self._remember(found, end, lead)
        if end == LOST:
            self._keep_reported(found)
        confirmed = end != IncidentEnd.NOT_CONFIRMED.value
        for open_alarm in memory.alarms.values():
            if open_alarm.incident == incident:
                open_alarm.recheck_at = self._now() + raise_again_after(
                    open_alarm, by_hand=end in _BY_HAND, confirmed=confirmed
                )
        self._raise_now(incident, found.unhandled)
        return True

    def _keep_reported(self, lost: OpenIncidentState) -> None:
        """Remember the reports of people until the incident is opened again. They are in no source's memory, so nobody
        repeats them.
        """
        named: list[str | None] = [name or None for name in lost.by_hand]
        for alarm in self.as_alarms(lost, lost.reopened + 1, "driftvakt", "Reported by people.", named):
            self._memory.alarms[alarm.fingerprint] = OpenAlarm(alarm=alarm, incident=lost.id)

    def as_alarms(
        self, incident: OpenIncidentState, times: int, source: str, detail: str, components: Sequence[str | None]
    ) -> list[Alarm]:
        """Return an alarm for an incident that has none any more, so that the reopened incident knows what to probe."""
        now = self._now()
        return [
            Alarm(
                application=self._application,
                fingerprint=f"{BY_HAND}{incident.number}/{times}/{component or ''}",
                subject=incident.subject,
                title=incident.title or f"Incident {incident.number} is open again",
                component=component,
                source=source[:80],
                since=now,
                seen_at=now,
                detail=detail[:1000],
            )
            for component in components
        ]

    def unhandled(self, message: AlarmsUnhandled) -> list[Alarm]:
        """Raise alarms that an ending incident did not handle: when it has ended, or now if it has.

        Return those to raise now that the watch does not remember.
        """
        found = self._memory.incidents.get(message.incident)
        if found is None:
            self._raise_now(message.incident, message.members)
            return message.reported
        found.unhandled = list(dict.fromkeys([*found.unhandled, *message.members]))
        known = {alarm.fingerprint for alarm in found.reported}
        found.reported += [alarm for alarm in message.reported if alarm.fingerprint not in known]
        return []

    def _raise_now(self, incident: str, digests: Sequence[str]) -> None:
        late = set(digests)
        for open_alarm in self._memory.alarms.values() if late else ():
            if open_alarm.incident == incident and (
                late & open_alarm.members or digest_of(open_alarm.alarm.fingerprint) in late
            ):
                open_alarm.recheck_at = self._now()

    def merge(self, first: OpenIncidentState, second: OpenIncidentState, by: str, reason: str) -> int:
        """End the first incident as a duplicate of the second, which takes over its alarms. Return their number."""
        moved = [open_alarm for open_alarm in self._memory.alarms.values() if open_alarm.incident == first.id]
        for open_alarm in moved:
            open_alarm.incident = second.id
        alarms = [open_alarm.alarm for open_alarm in moved] or [self._alarm_by_hand(first, by, reason)]
        self._add(second, alarms)
        second.components = list(dict.fromkeys([*second.components, *first.components]))
        second.whole_application |= first.whole_application
        second.subject = second.subject if second.subject is first.subject else None
        second.by_hand = list(dict.fromkeys([*second.by_hand, *first.by_hand]))
        self._remember(self._memory.incidents.pop(first.id), IncidentEnd.MERGED.value, None)
        self._send(second.id, AlarmsJoined(alarms=alarms))
        self._send(first.id, Merged(into=second.id, by=by, reason=reason))
        return len(moved)

    def split(
        self, old: OpenIncidentState, taken: Sequence[OpenAlarm], title: str, by: str, reason: str
    ) -> OpenIncidentState:
        """Open a new incident for some alarms of another."""
        alarms = [open_alarm.alarm for open_alarm in taken]
        new = self.open(alarms, title or alarms[0].title, by, note=f"Split from {old.id}: {reason}"[:1000])
        for open_alarm in taken:
            open_alarm.incident = new.id
        fingerprints = [a.fingerprint for a in alarms]
        rest = [h.alarm for h in self._memory.alarms.values() if h.incident == old.id]
        stay = {self.known(a.component) or "" for a in rest if a.subject is None} | set(old.by_hand)
        if rest and not old.by_hand:
            old.subject = subject_of(rest)
        old.components = [c for c in old.components if c in stay]
        old.whole_application = "" in stay
        old.fingerprints = [f for f in old.fingerprints if f not in fingerprints]
        moved = {a.measuring_point for a in alarms} - {a.measuring_point for a in rest}
        old.points = [p for p in old.points if p not in moved]
        members = sorted(digest for open_alarm in taken for digest in open_alarm.members)
        self._send(old.id, AlarmsCleared(fingerprints=fingerprints, members=members, moved_to=new.id))
        return new

    def known(self, component: str | None) -> str | None:
        """Return the component if the dossier contains it, else None."""
        return component if component in self._memory.plan.depends_on else None

    def _add(self, incident: OpenIncidentState, alarms: Sequence[Alarm], *, by_hand: bool = False) -> None:
        for alarm in alarms:
            component = self.known(alarm.component)
            if component is None:
                incident.whole_application |= alarm.subject is None
            elif alarm.subject is None and component not in incident.components:
                incident.components.append(component)
            if by_hand and (component or "") not in incident.by_hand:
                incident.by_hand.append(component or "")
            known = [f for f in incident.fingerprints if f != alarm.fingerprint]
            incident.fingerprints = [*known, alarm.fingerprint][-_REMEMBERED_FINGERPRINTS:]
            if alarm.measuring_point is not None:
                points = [p for p in incident.points if p != alarm.measuring_point]
                incident.points = [*points, alarm.measuring_point][-_REMEMBERED_FINGERPRINTS:]

    def _remember(self, incident: OpenIncidentState, end: str | None, lead: str | None) -> None:
        closed, closed_at = self._memory.closed, self._now()
        if end == IncidentEnd.NOT_CONFIRMED.value and incident.recovered_at is not None:
            # The fault had not come back, so the earlier proof of recovery is still valid.
            end, closed_at = incident.recovered, incident.recovered_at
        closed[incident.id] = ClosedIncident(
            **incident.model_dump(exclude={"unhandled", "reported"}), closed_at=closed_at, end=end, lead=lead
        )
        while len(closed) > _REMEMBERED_CLOSED:
            del closed[next(iter(closed))]

    def _order(self, number: int, title: str, by: str, alarms: Sequence[Alarm]) -> IncidentOrder:
        return IncidentOrder(
            application=self._application,
            number=number,
            dossier=self._memory.plan.dossier,
            title=title,
            opened_by=by,
            alarms=alarms[: first_that_fit(alarms, MESSAGE)],
        )

    def _signal_rest(self, incident: str, order: IncidentOrder, alarms: Sequence[Alarm]) -> None:
        """Send an incident the alarms that did not fit into its order."""
        if rest := alarms[len(order.alarms) :]:
            self._send(incident, AlarmsJoined(alarms=list(rest)))

    def _alarm_by_hand(self, incident: OpenIncidentState, by: str, reason: str) -> Alarm:
        """Send people's reports of a merged incident to the one that takes over. The alarms in memory do not contain them."""
        now = self._now()
        return Alarm(
            application=self._application,
            fingerprint=f"{MERGED}{incident.id}",
            subject=incident.subject,
            title=incident.title or f"Incident {incident.id}",
            component=incident.components[0] if incident.components else None,
            source=by[:80],
            since=incident.opened_at,
            seen_at=now,
            detail=f"Taken over from {incident.id}: {reason}"[:1000],
        )


def joined(alarm: Alarm, role: Role) -> AlarmsJoined:
    """Return the message that adds an alarm to an incident; for a symptom it names the component."""
    return AlarmsJoined(alarms=[alarm], symptoms=[alarm.fingerprint] if role is Role.SYMPTOM else [])
