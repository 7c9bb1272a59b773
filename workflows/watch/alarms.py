"""What becomes of each alarm of one application.

Works on memory alone: given the same alarms at the same times, the same comes out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from temporalio.exceptions import ApplicationError

from models.alarms import BY_HAND, Alarm, AlarmReceipt, AlarmState, Disposition, digest_of, is_remembered
from models.dossier.monitoring import Severity
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
from workflows.watch.correlation import Belonging, Role, belongs_to, comes_back_to, earlier_on
from workflows.watch.crowd import BRIEF, MOST_ALARMS, MOST_MEMBERS, Crowd
from workflows.watch.incidents import IncidentBook
from workflows.watch.occurrences import forget_over, in_our_time, note_over, when_over
from workflows.watch.suppression import (
    RAISE_AGAIN_AFTER,
    calm_at,
    flapping_words,
    forget_firings,
    kept_back,
    note_firing,
    outside_hours,
)

if TYPE_CHECKING:
    from workflows.watch.outbox import Message

_MOST_BY_HAND: Final = 100
"""Orders to open an incident that are known again. A sender tries again for minutes, and an order takes about 150 bytes."""

_WORST_FIRST: Final = (Severity.CRITICAL, Severity.WARNING, Severity.INFO)


class AlarmDesk:
    """Takes alarms in and looks at them again when it is time."""

    def __init__(
        self,
        application: str,
        memory: WatchState,
        book: IncidentBook,
        now: Callable[[], datetime],
        tell: Callable[[str, Message], None],
    ) -> None:
        self._application = application
        self._memory = memory
        self._book = book
        self._now = now
        self._tell = tell
        self._crowd = Crowd(memory)

    # --- what sources say

    def take(self, alarm: Alarm) -> AlarmReceipt:
        """Take one alarm in; the receipt says what became of it."""
        alarm, remark = in_our_time(alarm, self._now())
        held = self._memory.alarms.get(alarm.fingerprint)
        receipt = self._clear(alarm, held) if alarm.state is AlarmState.CLEARED else self._hear(alarm, held)
        if remark:
            receipt = receipt.model_copy(update={"reason": f"{receipt.reason}; {remark}"})
        self.note(alarm, receipt)
        return receipt

    def _hear(self, alarm: Alarm, held: OpenAlarm | None) -> AlarmReceipt:
        cleared_at = when_over(self._memory, alarm, self._now())
        if cleared_at is not None:
            reason = (
                f"this occurrence, which began at {alarm.since:%H:%M:%S} UTC, was cleared at {cleared_at:%H:%M} UTC"
            )
            return _receipt(alarm, Disposition.DUPLICATE, held.incident if held else None, reason)
        if held is None and (group := self._crowd.find(alarm.fingerprint)) is not None:
            return _duplicate(alarm, group)
        if held is None or held.quiet_since is not None:
            return self._fire(alarm, held)
        return self._repeat(alarm, held)

    def _repeat(self, alarm: Alarm, held: OpenAlarm) -> AlarmReceipt:
        """Hear again of an alarm that fires; it is news only where nobody sees to it or where it has become worse."""
        held.times += 1
        newer = alarm.since_known and alarm.since > held.alarm.since
        unattended = held.kept is None and held.incident not in self._memory.incidents
        worse = _WORST_FIRST.index(alarm.severity) < _WORST_FIRST.index(held.alarm.severity)
        if not newer:
            alarm = alarm.model_copy(update={"since": held.alarm.since, "since_known": held.alarm.since_known})
        if held.flapping_since is not None:
            return self._fire_flapping(alarm, held)
        if worse or (newer and unattended) or not _settled(held):
            held.alarm, held.recheck_at = alarm, None
            held.unconfirmed = 0 if newer else held.unconfirmed
            return self.place(held, alarm)
        if newer:  # a late message that clears the earlier occurrence does not clear this one
            held.alarm = held.alarm.model_copy(update={"since": alarm.since, "since_known": True})
        return _duplicate(alarm, held)

    def _fire(self, alarm: Alarm, before: OpenAlarm | None) -> AlarmReceipt:
        fired = note_firing(self._memory, alarm.fingerprint, self._now())
        if before is not None and before.flapping_since is not None:
            before.times += 1
            return self._fire_flapping(alarm, before)
        held = OpenAlarm(alarm=alarm)
        if before is None and len(self._memory.alarms) >= MOST_ALARMS:
            return self._fire_in_crowd(held)
        self._memory.alarms[alarm.fingerprint] = held
        if fired >= self._memory.slice.flapping.enter:
            held.flapping_since = self._now()
            return self.place(held, _with_detail(alarm, flapping_words(self._memory.slice.flapping)))
        return self.place(held, alarm)

    def _fire_in_crowd(self, held: OpenAlarm) -> AlarmReceipt:
        """Place an alarm beyond those that are remembered one by one."""
        alarm = held.alarm
        component = self._book.known(alarm.component)
        if not self._crowd.full:
            brief = alarm.model_copy(update={"detail": cut(alarm.detail, BRIEF), "link": None})
            receipt = self.place(held, brief)
            self._crowd.add(held, component)
            return receipt
        belonging = self._belonging(alarm)
        beyond = f"{MOST_ALARMS + MOST_MEMBERS} alarms are open, so only the records keep this one"
        if belonging is not None and kept_back(self._memory, alarm, self._now()) is None:
            # The incident is not told, because nobody could tell it when this alarm is cleared.
            reason = f"{beyond}; its incident does not wait until it is cleared"
            return _receipt(alarm, Disposition.JOINED, belonging.incident.id, reason)
        receipt = self.place(held, alarm)
        if held.kept is None:
            self._memory.alarms[alarm.fingerprint] = held
        elif self._crowd.counts(held, component):
            return receipt.model_copy(update={"reason": f"{receipt.reason}; {beyond}"})
        else:  # what waits is raised once for all alarms of its kind, so one of them is remembered
            self._crowd.add(held, component)
        return receipt

    def _fire_flapping(self, alarm: Alarm, held: OpenAlarm) -> AlarmReceipt:
        held.alarm, held.quiet_since = alarm, None
        if held.kept is None and held.incident not in self._memory.incidents and held.recheck_at is None:
            return self.place(held, alarm)
        reason = held.kept.why if held.kept else flapping_words(self._memory.slice.flapping)
        return _receipt(alarm, Disposition.FLAPPING, held.incident, reason)

    def _clear(self, alarm: Alarm, held: OpenAlarm | None) -> AlarmReceipt:
        if held is None and (group := self._crowd.find(alarm.fingerprint)) is not None:
            return self._clear_in_crowd(alarm, group)
        if held is None:
            if alarm.since_known:  # it may have overtaken the message that this occurrence fires
                note_over(self._memory, alarm, alarm.since, self._now())
            return _receipt(
                alarm, Disposition.NOTED, None, "nothing was known of this fault, so there is nothing to take back"
            )
        if held.members:
            return self._clear_group(alarm, held)
        dated = alarm.since_known and held.alarm.since_known
        if dated and alarm.since < held.alarm.since and not alarm.by_person:
            return _receipt(
                alarm, Disposition.NOTED, held.incident, "an older occurrence was taken back; a newer one still fires"
            )
        if held.alarm.since_known:
            note_over(self._memory, alarm, held.alarm.since, self._now())
        if held.flapping_since is not None and not alarm.by_person:
            held.quiet_since = held.quiet_since or self._now()
            reason = "taken back for now; " + flapping_words(self._memory.slice.flapping)
            return _receipt(alarm, Disposition.FLAPPING, held.incident, reason)
        if alarm.by_person:
            self._memory.fired.pop(alarm.fingerprint, None)
        del self._memory.alarms[alarm.fingerprint]
        return self._taken_back(alarm, held)

    def _clear_in_crowd(self, alarm: Alarm, group: OpenAlarm) -> AlarmReceipt:
        if alarm.since_known:
            note_over(self._memory, alarm, alarm.since, self._now())
        if self._crowd.remove(alarm.fingerprint, group):
            self._taken_back(group.alarm, group)  # an incident that the group was raised for knows it by its own name
        return self._taken_back(alarm, group)

    def _clear_group(self, alarm: Alarm, group: OpenAlarm) -> AlarmReceipt:
        """Clear all alarms of a group, which a person has named by its own fingerprint."""
        members = self._crowd.forget(group)
        receipt = self._taken_back(alarm, group)
        if group.incident in self._memory.incidents:
            self._tell(group.incident, AlarmsCleared(fingerprints=[], members=members))
        return receipt.model_copy(update={"reason": f"{receipt.reason}; {len(members)} alarms were cleared with it"})

    def _taken_back(self, alarm: Alarm, held: OpenAlarm) -> AlarmReceipt:
        if held.incident in self._memory.incidents:
            self._tell(held.incident, AlarmsCleared(fingerprints=[alarm.fingerprint]))
            return _receipt(alarm, Disposition.CLEARED, held.incident, "its incident was told")
        if held.kept is not None:
            return _receipt(alarm, Disposition.CLEARED, None, f"nothing was done about it: {held.kept.why}")
        return _receipt(alarm, Disposition.CLEARED, held.incident, "its incident has ended")

    # --- what people say

    def report_once(self, key: str, order: OpenByHand) -> OpenReceipt:
        """Open an incident by hand; the same key again gives the same receipt, also in a later run of the watch.

        Temporal knows an update again by its id only within one run.
        """
        known, digest = self._memory.by_hand, digest_of(key)
        if (receipt := known.get(digest)) is None:
            receipt = known[digest] = self.report_by_hand(order)
            while len(known) > _MOST_BY_HAND:
                del known[next(iter(known))]
        return receipt

    def report_by_hand(self, order: OpenByHand) -> OpenReceipt:
        """Open an incident for what somebody has noticed, or give it to the one it belongs to; never kept back."""
        components = self._memory.slice.depends_on
        if order.component is not None and order.component not in components:
            known = ", ".join(components) or "none"
            raise ApplicationError(
                f"{self._application} has no component {order.component!r}; it has {known}",
                type="NotFoundError",
                non_retryable=True,
            )
        alarm = self._reported(order)
        found = belongs_to(components, self._memory.incidents.values(), order.component)
        if found is not None and not order.separate:
            id = found.incident.id
            self._book.join(found.incident, alarm, found.role, by_hand=True)
            self.note(alarm, _receipt(alarm, Disposition.JOINED, id, f"reported by {order.by}"))
            return OpenReceipt(incident=id, joined=True, message=f"It belongs to {id}, which is open.")
        opened = self._book.open(
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

    # --- where it belongs

    def place(self, held: OpenAlarm, alarm: Alarm, *, remembered: bool = True) -> AlarmReceipt:
        """Keep an alarm back, or give it to the incident it belongs to, or open one."""
        now, known = self._now(), self._memory.slice
        held.kept = None if alarm.fingerprint.startswith(BY_HAND) else kept_back(self._memory, alarm, now)
        if held.kept is not None:
            return self._keep(held, alarm)
        if (lost := self._lost(held)) is not None:
            return self._open_again(
                held, alarm, lost, "its workflow was gone without an end of its own: terminated, or failed"
            )
        component = self._book.known(alarm.component)
        belonging = self._belonging(alarm)
        if belonging is not None:
            again = held.incident == belonging.incident.id
            held.incident = belonging.incident.id
            self._book.join(belonging.incident, alarm, belonging.role)
            return _receipt(alarm, Disposition.JOINED, held.incident, _why(again, belonging.role, belonging.through))
        # Nobody would look again at one that is not remembered: it does not wait for the morning.
        held.kept = outside_hours(known, alarm, now) if remembered else None
        if held.kept is not None:
            return self._keep(held, alarm)
        closed = comes_back_to(self._memory.closed.values(), alarm, component, now, known.reopen_within)
        if closed is not None:
            reason = f"{alarm.title} came back {_minutes(now, closed.closed_at)} after it was closed"
            return self._open_again(held, alarm, closed, reason)
        note = self._another_fault(component) if alarm.subject is None else ""
        opened = self._book.open([alarm], alarm.title, alarm.source, note=note)
        held.incident = opened.id
        return _receipt(alarm, Disposition.OPENED, opened.id, f"opened incident {opened.number}")

    def _open_again(self, held: OpenAlarm, alarm: Alarm, closed: ClosedIncident, reason: str) -> AlarmReceipt:
        by = DRIFTVAKT if closed.end == LOST else alarm.source
        held.incident = self._book.reopen(closed, [alarm], by, reason).id
        return _receipt(alarm, Disposition.OPENED, held.incident, f"opened incident {closed.number} again: {reason}")

    def _lost(self, held: OpenAlarm) -> ClosedIncident | None:
        """The incident of an alarm, where its workflow was gone without an end of its own: it goes on under its number."""
        closed = self._memory.closed.get(held.incident or "")
        return closed if closed is not None and closed.end == LOST else None

    def _belonging(self, alarm: Alarm) -> Belonging | None:
        """The open incident that an alarm belongs to."""
        memory, component = self._memory, self._book.known(alarm.component)
        return belongs_to(memory.slice.depends_on, memory.incidents.values(), component, alarm.subject)

    def _another_fault(self, component: str | None) -> str:
        """Name the incident of the same component that was closed a short time ago, for whoever leads the new one."""
        now, memory = self._now(), self._memory
        before = earlier_on(memory.closed.values(), component, now, memory.slice.reopen_within)
        if before is None:
            return ""
        of = f"of {component}" if component else "of the application as a whole"
        return f"{before.id} {of} ({before.title}) was closed {_minutes(now, before.closed_at)} before; it had another fault."

    @staticmethod
    def _keep(held: OpenAlarm, alarm: Alarm) -> AlarmReceipt:
        assert held.kept is not None
        held.incident = held.recheck_at = None
        return _receipt(alarm, held.kept.disposition, None, f"{held.kept.why}; until {held.kept.until:%m-%d %H:%M} UTC")

    # --- looking again

    def review(self) -> bool:
        """Look at everything whose time has come; tell whether anything changed.

        What still fires though its incident ended, or nobody acted on it until now, is raised; nothing stays silenced by
        accident.
        """
        changed = self._purge()
        for held in list(self._memory.alarms.values()):
            changed |= self._calm(held) or self._recheck(held) or self._release(held)
        forget_firings(self._memory, self._now())
        forget_over(self._memory, self._now())
        return changed

    def next_review(self) -> datetime | None:
        """When something has to be looked at again; None: nothing waits."""
        memory = self._memory
        due = [o.until for o in memory.operations.values()] + [s.until for s in memory.silences.values()]
        for held in memory.alarms.values():
            due += [held.recheck_at] if held.recheck_at else []
            due += [held.kept.until] if held.kept else []
            if held.flapping_since is not None:
                due.append(calm_at(memory, held.alarm.fingerprint, memory.slice.flapping, self._now()))
        return min(due, default=None)

    def release_all(self) -> None:
        """Look at all that is kept back at the next review: a silence or an operation ended, or the hours are others."""
        for held in self._memory.alarms.values():
            if held.kept is not None:
                held.kept.until = min(held.kept.until, self._now())

    def _purge(self) -> bool:
        now, memory = self._now(), self._memory
        over = [h for h, o in memory.operations.items() if o.until <= now]
        gone = [i for i, s in memory.silences.items() if s.until <= now]
        for holder in over:
            del memory.operations[holder]
        for id in gone:
            del memory.silences[id]
        return bool(over or gone)

    def _recheck(self, held: OpenAlarm) -> bool:
        now = self._now()
        if held.recheck_at is None or held.recheck_at > now:
            return False
        if held.quiet_since is not None:  # it flaps: it may be back by then, or calm
            held.recheck_at = now + RAISE_AGAIN_AFTER
            return True
        held.recheck_at = None
        again = _with_detail(held.alarm, "still fires after its incident ended.")
        self.note(again, self.place(held, again))
        if not is_remembered(held.alarm.fingerprint):  # from here on its incident knows it again
            del self._memory.alarms[held.alarm.fingerprint]
        return True

    def _release(self, held: OpenAlarm) -> bool:
        now = self._now()
        if held.kept is None or held.kept.until > now:
            return False
        if held.quiet_since is not None:
            held.kept = None  # when it flaps back it is placed, and when it calms down it is forgotten
            return True
        before, memory = held.kept, self._memory
        kept = kept_back(memory, held.alarm, now) or outside_hours(memory.slice, held.alarm, now)
        if kept is not None and kept.disposition is before.disposition:
            held.kept = kept
            return True
        again = _with_detail(held.alarm, f"still fires after it was {before.disposition.value}.")
        self.note(again, self.place(held, again))
        return True

    def _calm(self, held: OpenAlarm) -> bool:
        now, memory = self._now(), self._memory
        fingerprint = held.alarm.fingerprint
        if held.flapping_since is None or calm_at(memory, fingerprint, memory.slice.flapping, now) > now:
            return False
        held.flapping_since = None
        if held.quiet_since is not None:
            del memory.alarms[fingerprint]
            over = held.alarm.model_copy(update={"state": AlarmState.CLEARED, "detail": "no longer flaps"})
            self.note(over, self._taken_back(over, held))
            held.recheck_at = held.kept = None
            return True
        calm = _with_detail(held.alarm, "no longer flaps; it fires.")
        if held.incident in memory.incidents:
            self._tell(held.incident, AlarmsJoined(alarms=[calm]))
            self.note(calm, _receipt(calm, Disposition.JOINED, held.incident, "no longer flaps; it fires"))
        elif held.kept is None and held.recheck_at is None:
            self.note(calm, self.place(held, calm))
        return True

    # --- what is left of incidents

    def gone(self, incident: str, undelivered: list[Alarm]) -> None:
        """An incident is gone before it was told of alarms: they are raised again at once."""
        for alarm in undelivered:
            held = self._memory.alarms.get(alarm.fingerprint) or self._crowd.find(alarm.fingerprint)
            if held is None:  # reported by hand, or beyond what is remembered: nobody would raise it again
                self.note(alarm, self.place(OpenAlarm(alarm=alarm), alarm, remembered=False))
            elif held.incident == incident:  # not moved to another by a person meanwhile
                held.recheck_at = self._now()

    def keep_unhandled(self, incident: OpenIncidentState, alarms: Sequence[Alarm]) -> None:
        """Remember alarms that an incident did not handle, until it has ended."""
        for alarm in alarms:
            if alarm.fingerprint in self._memory.alarms or self._crowd.find(alarm.fingerprint) is not None:
                incident.unhandled.append(digest_of(alarm.fingerprint))
            else:  # reported by hand, or beyond what is remembered: nobody would raise it again
                incident.reported.append(alarm)

    def note(self, alarm: Alarm, receipt: AlarmReceipt) -> None:
        """Write an alarm and what became of it into the journal."""
        memory = self._memory
        memory.journal.append(JournalEntry(sequence=memory.next_alarm, alarm=alarm, receipt=receipt))
        memory.next_alarm += 1


def _settled(held: OpenAlarm) -> bool:
    """Whether somebody or something sees to it, so that hearing of it again is no news."""
    return held.quiet_since is None and (held.incident is not None or held.kept is not None)


def _duplicate(alarm: Alarm, held: OpenAlarm) -> AlarmReceipt:
    reason = f"known since {held.alarm.since:%H:%M:%S} UTC" + (f"; {held.kept.why}" if held.kept else "")
    return _receipt(alarm, Disposition.DUPLICATE, held.incident, reason)


def _why(again: bool, role: Role, through: str | None) -> str:
    if again:
        return "fires again"
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
