"""Decides on each alarm of one application.

The decisions depend only on the watch's memory: the same alarms at the same times give the same result.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from models.alarms import BY_HAND, Alarm, AlarmReceipt, AlarmState, Disposition, digest_of, is_remembered
from models.base import counted
from models.dossier.monitoring import Severity
from models.errors import NotFoundError
from models.incident import AlarmsCleared, AlarmsJoined
from models.people import DRIFTVAKT
from models.sizes import cut
from models.watch import (
    LOST,
    ClosedIncident,
    JournalEntry,
    OpenAlarm,
    OpenByHand,
    OpenIncidentState,
    OpenReceipt,
    WatchState,
)
from workflows.runtime.refusals import refusal
from workflows.watch.correlation import Belonging, Role, belongs_to, comes_back_to, earlier_on
from workflows.watch.flood import BRIEF, MOST_ALARMS, MOST_MEMBERS, AlarmFlood
from workflows.watch.incidents import IncidentRegister
from workflows.watch.occurrences import forget_over, in_our_time, note_over, when_over
from workflows.watch.suppression import (
    RAISE_AGAIN_AFTER,
    calm_at,
    flapping_words,
    forget_firings,
    note_firing,
    outside_hours,
    suppression_of,
)

if TYPE_CHECKING:
    from workflows.watch.outbox import Message

_MOST_BY_HAND: Final = 100
"""Receipts of `open_incident` updates that the watch keeps. A sender retries for minutes; each receipt takes about 150
bytes."""

_WORST_FIRST: Final = (Severity.CRITICAL, Severity.WARNING, Severity.INFO)


class AlarmHandler:
    """Accepts alarms, and decides again on those that wait."""

    def __init__(
        self,
        application: str,
        memory: WatchState,
        register: IncidentRegister,
        now: Callable[[], datetime],
        send: Callable[[str, Message], None],
    ) -> None:
        self._application = application
        self._memory = memory
        self._register = register
        self._now = now
        self._send = send
        self._flood = AlarmFlood(memory)

    # --- alarms from sources

    def take(self, alarm: Alarm) -> AlarmReceipt:
        """Accept one alarm message. The receipt has the disposition and its reason."""
        alarm, remark = in_our_time(alarm, self._now())
        open_alarm = self._memory.alarms.get(alarm.fingerprint)
        receipt = self._clear(alarm, open_alarm) if alarm.state is AlarmState.CLEARED else self._hear(alarm, open_alarm)
        if remark:
            receipt = receipt.model_copy(update={"reason": f"{receipt.reason}; {remark}"})
        self.note(alarm, receipt)
        return receipt

    def _hear(self, alarm: Alarm, open_alarm: OpenAlarm | None) -> AlarmReceipt:
        cleared_at = when_over(self._memory, alarm, self._now())
        if cleared_at is not None:
            reason = (
                f"this occurrence, which began at {alarm.since:%H:%M:%S} UTC, was cleared at {cleared_at:%H:%M} UTC"
            )
            return _receipt(alarm, Disposition.DUPLICATE, open_alarm.incident if open_alarm else None, reason)
        if open_alarm is None and (group := self._flood.find(alarm.fingerprint)) is not None:
            return _duplicate(alarm, group)
        if open_alarm is None or open_alarm.quiet_since is not None:
            return self._fire(alarm, open_alarm)
        return self._repeat(alarm, open_alarm)

    def _repeat(self, alarm: Alarm, open_alarm: OpenAlarm) -> AlarmReceipt:
        """Decide on a repeated message. It counts only if nobody handles the alarm, if a new occurrence began, or if
        the severity rose.
        """
        open_alarm.times += 1
        newer = alarm.since_known and alarm.since > open_alarm.alarm.since
        unattended = open_alarm.suppression is None and open_alarm.incident not in self._memory.incidents
        worse = _WORST_FIRST.index(alarm.severity) < _WORST_FIRST.index(open_alarm.alarm.severity)
        if not newer:
            alarm = alarm.model_copy(
                update={"since": open_alarm.alarm.since, "since_known": open_alarm.alarm.since_known}
            )
        if open_alarm.flapping_since is not None:
            return self._fire_flapping(alarm, open_alarm)
        if worse or (newer and unattended) or not _settled(open_alarm):
            open_alarm.alarm, open_alarm.recheck_at = alarm, None
            open_alarm.unconfirmed = 0 if newer else open_alarm.unconfirmed
            return self.place(open_alarm, alarm)
        if newer:  # a late message that clears the earlier occurrence does not clear this one
            open_alarm.alarm = open_alarm.alarm.model_copy(update={"since": alarm.since, "since_known": True})
        return _duplicate(alarm, open_alarm)

    def _fire(self, alarm: Alarm, before: OpenAlarm | None) -> AlarmReceipt:
        fired = note_firing(self._memory, alarm.fingerprint, self._now())
        if before is not None and before.flapping_since is not None:
            before.times += 1
            return self._fire_flapping(alarm, before)
        open_alarm = OpenAlarm(alarm=alarm)
        if before is None and len(self._memory.alarms) >= MOST_ALARMS:
            return self._fire_in_flood(open_alarm)
        self._memory.alarms[alarm.fingerprint] = open_alarm
        if fired >= self._memory.plan.flapping.enter:
            open_alarm.flapping_since = self._now()
            return self.place(open_alarm, _with_detail(alarm, flapping_words(self._memory.plan.flapping)))
        return self.place(open_alarm, alarm)

    def _fire_in_flood(self, open_alarm: OpenAlarm) -> AlarmReceipt:
        """Decide on an alarm when the watch already remembers as many alarms one by one as it can."""
        alarm = open_alarm.alarm
        component = self._register.known(alarm.component)
        if not self._flood.full:
            brief = alarm.model_copy(update={"detail": cut(alarm.detail, BRIEF), "link": None})
            receipt = self.place(open_alarm, brief)
            self._flood.add(open_alarm, component)
            return receipt
        belonging = self._belonging(alarm)
        beyond = f"{MOST_ALARMS + MOST_MEMBERS} alarms are active, so only the records keep this one"
        if belonging is not None and suppression_of(self._memory, alarm, self._now()) is None:
            # The incident does not get this alarm, because the watch could not signal that it is cleared.
            reason = f"{beyond}; its incident does not wait until this alarm is cleared"
            return _receipt(alarm, Disposition.JOINED, belonging.incident.id, reason)
        receipt = self.place(open_alarm, alarm)
        if open_alarm.suppression is None:
            self._memory.alarms[alarm.fingerprint] = open_alarm
        elif self._flood.counts(open_alarm, component):
            return receipt.model_copy(update={"reason": f"{receipt.reason}; {beyond}"})
        else:  # The watch raises alarms that wait once for each group, so it must remember one of them.
            self._flood.add(open_alarm, component)
        return receipt

    def _fire_flapping(self, alarm: Alarm, open_alarm: OpenAlarm) -> AlarmReceipt:
        open_alarm.alarm, open_alarm.quiet_since = alarm, None
        if (
            open_alarm.suppression is None
            and open_alarm.incident not in self._memory.incidents
            and open_alarm.recheck_at is None
        ):
            return self.place(open_alarm, alarm)
        reason = open_alarm.suppression.why if open_alarm.suppression else flapping_words(self._memory.plan.flapping)
        return _receipt(alarm, Disposition.FLAPPING, open_alarm.incident, reason)

    def _clear(self, alarm: Alarm, open_alarm: OpenAlarm | None) -> AlarmReceipt:
        if open_alarm is None and (group := self._flood.find(alarm.fingerprint)) is not None:
            return self._clear_in_crowd(alarm, group)
        if open_alarm is None:
            if alarm.since_known:  # this message may have overtaken the one that reports the occurrence
                note_over(self._memory, alarm, alarm.since, self._now())
            return _receipt(alarm, Disposition.NOTED, None, "no active alarm has this fingerprint")
        if open_alarm.members:
            return self._clear_group(alarm, open_alarm)
        dated = alarm.since_known and open_alarm.alarm.since_known
        if dated and alarm.since < open_alarm.alarm.since and not alarm.by_person:
            return _receipt(
                alarm,
                Disposition.NOTED,
                open_alarm.incident,
                "an older occurrence was cleared; a newer one is still active",
            )
        if open_alarm.alarm.since_known:
            note_over(self._memory, alarm, open_alarm.alarm.since, self._now())
        if open_alarm.flapping_since is not None and not alarm.by_person:
            open_alarm.quiet_since = open_alarm.quiet_since or self._now()
            reason = "cleared for now; " + flapping_words(self._memory.plan.flapping)
            return _receipt(alarm, Disposition.FLAPPING, open_alarm.incident, reason)
        if alarm.by_person:
            self._memory.fired.pop(alarm.fingerprint, None)
        del self._memory.alarms[alarm.fingerprint]
        return self._on_cleared(alarm, open_alarm)

    def _clear_in_crowd(self, alarm: Alarm, group: OpenAlarm) -> AlarmReceipt:
        if alarm.since_known:
            note_over(self._memory, alarm, alarm.since, self._now())
        if self._flood.remove(alarm.fingerprint, group):
            self._on_cleared(
                group.alarm, group
            )  # an incident that was opened for the group knows it by the group's fingerprint
        return self._on_cleared(alarm, group)

    def _clear_group(self, alarm: Alarm, group: OpenAlarm) -> AlarmReceipt:
        """Clear all alarms of a group, because a person named the group's own fingerprint."""
        members = self._flood.forget(group)
        receipt = self._on_cleared(alarm, group)
        if group.incident in self._memory.incidents:
            self._send(group.incident, AlarmsCleared(fingerprints=[], members=members))
        return receipt.model_copy(
            update={"reason": f"{receipt.reason}; {counted(len(members), 'alarm')} cleared with it"}
        )

    def _on_cleared(self, alarm: Alarm, open_alarm: OpenAlarm) -> AlarmReceipt:
        if open_alarm.incident in self._memory.incidents:
            self._send(open_alarm.incident, AlarmsCleared(fingerprints=[alarm.fingerprint]))
            return _receipt(alarm, Disposition.CLEARED, open_alarm.incident, "its incident was notified")
        if open_alarm.suppression is not None:
            return _receipt(alarm, Disposition.CLEARED, None, f"it opened no incident: {open_alarm.suppression.why}")
        return _receipt(alarm, Disposition.CLEARED, open_alarm.incident, "its incident has ended")

    # --- reports from people

    def report_once(self, key: str, order: OpenByHand) -> OpenReceipt:
        """Open an incident for a person. The same key returns the same receipt, also in a later run of the watch.

        Temporal recognises the id of an update only within one run.
        """
        known, digest = self._memory.by_hand, digest_of(key)
        if (receipt := known.get(digest)) is None:
            receipt = known[digest] = self.report_by_hand(order)
            while len(known) > _MOST_BY_HAND:
                del known[next(iter(known))]
        return receipt

    def report_by_hand(self, order: OpenByHand) -> OpenReceipt:
        """Open an incident for a fault that a person noticed, or add it to the open incident that it belongs to. It is
        never suppressed.
        """
        components = self._memory.plan.depends_on
        if order.component is not None and order.component not in components:
            known = ", ".join(components) or "none"
            raise refusal(f"{self._application} has no component {order.component!r}; it has {known}", NotFoundError)
        alarm = self._reported(order)
        found = belongs_to(self._memory.plan.dependencies, self._memory.incidents.values(), order.component)
        if found is not None and not order.separate:
            id = found.incident.id
            self._register.join(found.incident, alarm, found.role, by_hand=True)
            self.note(alarm, _receipt(alarm, Disposition.JOINED, id, f"reported by {order.by}"))
            return OpenReceipt(incident=id, joined=True, message=f"It belongs to {id}, which is open.")
        opened = self._register.open(
            [alarm],
            order.title,
            order.by,
            impact=order.impact,
            urgency=order.severity.urgency,
            note=order.note,
            by_hand=True,
        )
        self.note(alarm, _receipt(alarm, Disposition.OPENED, opened.id, f"reported by {order.by}"))
        return OpenReceipt(incident=opened.id, joined=False, message=f"Opened {opened.id}.")

    def _reported(self, order: OpenByHand) -> Alarm:
        now = self._now()
        return Alarm(
            application=self._application,
            fingerprint=f"{BY_HAND}{self._memory.next_alarm}",
            severity=order.severity,
            title=order.title,
            component=order.component,
            source=order.by,
            since=now,
            seen_at=now,
            detail=order.note,
        )

    # --- correlation

    def place(self, open_alarm: OpenAlarm, alarm: Alarm, *, remembered: bool = True) -> AlarmReceipt:
        """Suppress an alarm, add it to the incident that it belongs to, or open an incident."""
        now, known = self._now(), self._memory.plan
        open_alarm.suppression = (
            None if alarm.fingerprint.startswith(BY_HAND) else suppression_of(self._memory, alarm, now)
        )
        if open_alarm.suppression is not None:
            return self._keep(open_alarm, alarm)
        if (lost := self._lost(open_alarm)) is not None:
            return self._open_again(open_alarm, alarm, lost, "its workflow was terminated or failed")
        component = self._register.known(alarm.component)
        belonging = self._belonging(alarm)
        if belonging is not None:
            again = open_alarm.incident == belonging.incident.id
            open_alarm.incident = belonging.incident.id
            self._register.join(belonging.incident, alarm, belonging.role)
            return _receipt(
                alarm, Disposition.JOINED, open_alarm.incident, _why(again, belonging.role, belonging.through)
            )
        # The watch cannot raise an alarm later that it does not remember, so such an alarm does not wait for service hours.
        open_alarm.suppression = outside_hours(known, alarm, now) if remembered else None
        if open_alarm.suppression is not None:
            return self._keep(open_alarm, alarm)
        closed = comes_back_to(self._memory.closed.values(), alarm, component, now, known.reopen_within)
        if closed is not None:
            reason = f"{alarm.title} came back {_minutes(now, closed.closed_at)} after it was closed"
            return self._open_again(open_alarm, alarm, closed, reason)
        note = self._another_fault(component) if alarm.subject is None else ""
        opened = self._register.open([alarm], alarm.title, alarm.source, note=note)
        open_alarm.incident = opened.id
        return _receipt(alarm, Disposition.OPENED, opened.id, f"opened incident {opened.number}")

    def _open_again(self, open_alarm: OpenAlarm, alarm: Alarm, closed: ClosedIncident, reason: str) -> AlarmReceipt:
        by = DRIFTVAKT if closed.end == LOST else alarm.source
        open_alarm.incident = self._register.reopen(closed, [alarm], by, reason).id
        return _receipt(alarm, Disposition.OPENED, open_alarm.incident, f"reopened incident {closed.number}: {reason}")

    def _lost(self, open_alarm: OpenAlarm) -> ClosedIncident | None:
        """Return the incident of an alarm if its workflow was terminated or failed; it continues under its number."""
        closed = self._memory.closed.get(open_alarm.incident or "")
        return closed if closed is not None and closed.end == LOST else None

    def _belonging(self, alarm: Alarm) -> Belonging | None:
        """Return the open incident that an alarm belongs to."""
        memory, component = self._memory, self._register.known(alarm.component)
        return belongs_to(memory.plan.dependencies, memory.incidents.values(), component, alarm.subject)

    def _another_fault(self, component: str | None) -> str:
        """Return a note for the lead of a new incident if an incident of the same component was closed a short time ago."""
        now, memory = self._now(), self._memory
        before = earlier_on(memory.closed.values(), component, now, memory.plan.reopen_within)
        if before is None:
            return ""
        of = f"of {component}" if component else "of the application as a whole"
        return f"{before.id} {of} ({before.title}) was closed {_minutes(now, before.closed_at)} before; it had another fault."

    @staticmethod
    def _keep(open_alarm: OpenAlarm, alarm: Alarm) -> AlarmReceipt:
        assert open_alarm.suppression is not None
        open_alarm.incident = open_alarm.recheck_at = None
        return _receipt(
            alarm,
            open_alarm.suppression.disposition,
            None,
            f"{open_alarm.suppression.why}; until {open_alarm.suppression.until:%m-%d %H:%M} UTC",
        )

    # --- reviews

    def review(self) -> bool:
        """Decide again on alarms whose time has come. Return whether anything changed.

        Alarms that are still active are raised if their incident ended, or if they are no longer suppressed or held. So
        no alarm stays silent by accident.
        """
        changed = self._purge()
        for open_alarm in list(self._memory.alarms.values()):
            changed |= self._calm(open_alarm) or self._recheck(open_alarm) or self._release(open_alarm)
        forget_firings(self._memory, self._now())
        forget_over(self._memory, self._now())
        return changed

    def next_review(self) -> datetime | None:
        """Return the time of the next review; None if no alarm waits."""
        memory = self._memory
        due = [o.until for o in memory.operations.values()] + [s.until for s in memory.silences.values()]
        for open_alarm in memory.alarms.values():
            due += [open_alarm.recheck_at] if open_alarm.recheck_at else []
            due += [open_alarm.suppression.until] if open_alarm.suppression else []
            if open_alarm.flapping_since is not None:
                due.append(calm_at(memory, open_alarm.alarm.fingerprint, memory.plan.flapping, self._now()))
        return min(due, default=None)

    def release_all(self) -> None:
        """Let the next review decide on all suppressed and held alarms: a silence or an operation ended, or the service
        hours changed.
        """
        for open_alarm in self._memory.alarms.values():
            if open_alarm.suppression is not None:
                open_alarm.suppression.until = min(open_alarm.suppression.until, self._now())

    def _purge(self) -> bool:
        now, memory = self._now(), self._memory
        over = [h for h, o in memory.operations.items() if o.until <= now]
        gone = [i for i, s in memory.silences.items() if s.until <= now]
        for holder in over:
            del memory.operations[holder]
        for id in gone:
            del memory.silences[id]
        return bool(over or gone)

    def _recheck(self, open_alarm: OpenAlarm) -> bool:
        now = self._now()
        if open_alarm.recheck_at is None or open_alarm.recheck_at > now:
            return False
        if open_alarm.quiet_since is not None:  # it flaps: by then it is active again, or calm
            open_alarm.recheck_at = now + RAISE_AGAIN_AFTER
            return True
        open_alarm.recheck_at = None
        again = _with_detail(open_alarm.alarm, "still active after its incident ended.")
        self.note(again, self.place(open_alarm, again))
        if not is_remembered(open_alarm.alarm.fingerprint):  # its incident remembers it now
            del self._memory.alarms[open_alarm.alarm.fingerprint]
        return True

    def _release(self, open_alarm: OpenAlarm) -> bool:
        now = self._now()
        if open_alarm.suppression is None or open_alarm.suppression.until > now:
            return False
        if open_alarm.quiet_since is not None:
            open_alarm.suppression = None  # the next message decides on it again; if none comes, it calms down
            return True
        before, memory = open_alarm.suppression, self._memory
        kept = suppression_of(memory, open_alarm.alarm, now) or outside_hours(memory.plan, open_alarm.alarm, now)
        if kept is not None and kept.disposition is before.disposition:
            open_alarm.suppression = kept
            return True
        again = _with_detail(open_alarm.alarm, f"still active after it was {before.disposition.value}.")
        self.note(again, self.place(open_alarm, again))
        return True

    def _calm(self, open_alarm: OpenAlarm) -> bool:
        now, memory = self._now(), self._memory
        fingerprint = open_alarm.alarm.fingerprint
        if open_alarm.flapping_since is None or calm_at(memory, fingerprint, memory.plan.flapping, now) > now:
            return False
        open_alarm.flapping_since = None
        if open_alarm.quiet_since is not None:
            del memory.alarms[fingerprint]
            over = open_alarm.alarm.model_copy(update={"state": AlarmState.CLEARED, "detail": "no longer flapping"})
            self.note(over, self._on_cleared(over, open_alarm))
            open_alarm.recheck_at = open_alarm.suppression = None
            return True
        calm = _with_detail(open_alarm.alarm, "no longer flapping; it is active.")
        if open_alarm.incident in memory.incidents:
            self._send(open_alarm.incident, AlarmsJoined(alarms=[calm]))
            self.note(calm, _receipt(calm, Disposition.JOINED, open_alarm.incident, "no longer flapping; it is active"))
        elif open_alarm.suppression is None and open_alarm.recheck_at is None:
            self.note(calm, self.place(open_alarm, calm))
        return True

    # --- alarms of incidents that ended

    def gone(self, incident: str, undelivered: list[Alarm]) -> None:
        """Raise alarms again whose incident ended before it received them."""
        for alarm in undelivered:
            open_alarm = self._memory.alarms.get(alarm.fingerprint) or self._flood.find(alarm.fingerprint)
            if open_alarm is None:  # reported by hand, or not remembered: nobody would raise it again
                self.note(alarm, self.place(OpenAlarm(alarm=alarm), alarm, remembered=False))
            elif open_alarm.incident == incident:  # unless a person moved it to another incident meanwhile
                open_alarm.recheck_at = self._now()

    def keep_unhandled(self, incident: OpenIncidentState, alarms: Sequence[Alarm]) -> None:
        """Remember alarms that an incident did not handle, until it has ended."""
        for alarm in alarms:
            if alarm.fingerprint in self._memory.alarms or self._flood.find(alarm.fingerprint) is not None:
                incident.unhandled.append(digest_of(alarm.fingerprint))
            else:  # reported by hand, or not remembered: nobody would raise it again
                incident.reported.append(alarm)

    def note(self, alarm: Alarm, receipt: AlarmReceipt) -> None:
        """Add an alarm message and its receipt to the journal."""
        memory = self._memory
        memory.journal.append(JournalEntry(sequence=memory.next_alarm, alarm=alarm, receipt=receipt))
        memory.next_alarm += 1


def _settled(open_alarm: OpenAlarm) -> bool:
    """Whether an incident handles the alarm, or it is suppressed or held, so that a repetition changes nothing."""
    return open_alarm.quiet_since is None and (open_alarm.incident is not None or open_alarm.suppression is not None)


def _duplicate(alarm: Alarm, open_alarm: OpenAlarm) -> AlarmReceipt:
    reason = f"known since {open_alarm.alarm.since:%H:%M:%S} UTC" + (
        f"; {open_alarm.suppression.why}" if open_alarm.suppression else ""
    )
    return _receipt(alarm, Disposition.DUPLICATE, open_alarm.incident, reason)


def _why(again: bool, role: Role, through: str | None) -> str:
    if again:
        return "active again"
    if role is Role.SYMPTOM:
        return f"a symptom: its component needs {through}, which has failed"
    if role is Role.CAUSE:
        return f"possibly the cause: {through}, which has failed, needs its component"
    return "its component is connected to the incident's"


def _with_detail(alarm: Alarm, words: str) -> Alarm:
    return alarm.model_copy(update={"detail": f"{words} {alarm.detail}".strip()[:1000]})


def _minutes(now: datetime, then: datetime) -> str:
    return f"{max(round((now - then).total_seconds() / 60), 0)} min"


def _receipt(alarm: Alarm, disposition: Disposition, incident: str | None, reason: str) -> AlarmReceipt:
    return AlarmReceipt(fingerprint=alarm.fingerprint, disposition=disposition, incident=incident, reason=reason)
