"""Orders of people and workflows to a watch: silences, operations, and the merging, splitting and reopening of
incidents.

Every refusal is one sentence in an `ApplicationError`: what is wrong, and what is possible instead.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final, TypeVar

from models.base import Model, counted
from models.errors import ORDER_REFUSED, InputError, NotFoundError
from models.incident import IncidentEnd
from models.lease import LeaseRevoked, ReleaseLease
from models.names import incident_id
from models.people import NOBODY, named_once, stranger, who_is
from models.watch import (
    LONGEST_SILENCE,
    BeginOperation,
    ClosedIncident,
    LiftSilence,
    MergeIncidents,
    OpenByHand,
    OpenIncidentState,
    OperationUnderWay,
    ReopenIncident,
    Silence,
    SilenceOrder,
    SplitIncident,
    WatchReply,
    WatchState,
)
from workflows.runtime.refusals import refusal
from workflows.watch.alarms import AlarmHandler
from workflows.watch.incidents import IncidentRegister
from workflows.watch.leases import LeaseQueue

if TYPE_CHECKING:
    from workflows.watch.outbox import Message

M = TypeVar("M", bound=Model)

_MOST: Final = 50
"""Silences at the same time, and operations at the same time."""


class WatchOrders:
    """Carries out orders on a watch's memory."""

    def __init__(
        self,
        application: str,
        memory: WatchState,
        register: IncidentRegister,
        alarms: AlarmHandler,
        leases: LeaseQueue,
        now: Callable[[], datetime],
        send: Callable[[str, Message], None],
    ) -> None:
        self._application = application
        self._memory = memory
        self._register = register
        self._alarms = alarms
        self._leases = leases
        self._now = now
        self._send = send

    # --- silences and operations

    def silence(self, order: SilenceOrder) -> WatchReply:
        """Silence alarms that become active from now on."""
        memory, now = self._memory, self._now()
        order = self._allowed(order, "silence alarms")
        if fault := silence_fault(order, now):
            raise refusal(fault, InputError)
        components, points = order.components or [], order.measuring_points or []
        self._all_known("component", components, memory.plan.depends_on)
        self._all_known("measuring point", points, memory.plan.measuring_points)
        if len(memory.silences) >= _MOST:
            raise refusal(f"{self._application} has {_MOST} silences already; lift one first", ORDER_REFUSED)
        id = f"s{memory.next_silence}"
        memory.next_silence += 1
        silence = Silence(
            id=id,
            by=order.by,
            reason=order.reason,
            since=now,
            until=order.until,
            whole=not (components or points),
            components=components,
            measuring_points=points,
        )
        memory.silences[id] = silence
        return WatchReply(
            message=f"Alarms of {silence.what} are silenced until {order.until:%Y-%m-%d %H:%M} UTC (silence {id}); "
            "alarms that are active then are raised."
        )

    def lift(self, order: LiftSilence) -> WatchReply:
        """End a silence."""
        order = self._allowed(order, "lift silences")
        if order.id not in self._memory.silences:
            known = ", ".join(self._memory.silences) or "none"
            raise refusal(f"{self._application} has no silence {order.id!r}; there is {known}", NotFoundError)
        del self._memory.silences[order.id]
        self._alarms.release_all()
        return WatchReply(message=f"Silence {order.id} is lifted; active alarms are raised.")

    def begin(self, order: BeginOperation) -> WatchReply:
        """Begin an operation. The same holder again changes what it covers."""
        memory = self._memory
        order = self._allowed(order, "suppress alarms")
        self._all_known("component", order.components.names, memory.plan.depends_on)
        if order.until <= self._now():
            raise refusal(
                f"the operation would end before it begins: until {order.until:%Y-%m-%d %H:%M} UTC",
                InputError,
            )
        if len(memory.operations) >= _MOST and order.holder not in memory.operations:
            raise refusal(
                f"{_MOST} operations of {self._application} are in progress already; end one first", ORDER_REFUSED
            )
        memory.operations[order.holder] = OperationUnderWay(since=self._now(), **order.model_dump())
        return WatchReply(message=f"Alarms that {order.title} can cause are suppressed until it ends.")

    def end(self, holder: str) -> WatchReply:
        """End an operation. Ending it again changes nothing."""
        if self._memory.operations.pop(holder, None) is None:
            return WatchReply(message=f"No operation of {holder} is in progress.")
        self._alarms.release_all()
        return WatchReply(message="The operation is over; active alarms are raised.")

    def release(self, order: ReleaseLease, *, program: bool = True) -> WatchReply:
        """Release a lease, and open incidents for components that are not healthy after the operation and have none.

        Only a `program` releases its own lease. A person who names the holder must also give their own name.
        """
        if order.by != order.holder or not program:
            order = self._allowed(order, "release leases")
        title = self._title(order.holder)
        if not self._leases.release(order.holder):
            return WatchReply(message=f"{order.holder} holds no lease of {self._application}, and waits for none.")
        if order.by != order.holder:
            self._send(order.holder, LeaseRevoked(holder=order.holder, by=order.by))
        self._intended(order, title)
        self.end(order.holder)
        opened = [
            self._alarms.report_by_hand(
                OpenByHand(
                    title=f"{component} is not healthy after {title}"[:300],
                    # For a component of an earlier version of the dossier, the alarm is of the application as a whole.
                    component=component if component in self._memory.plan.depends_on else None,
                    by=order.holder[:80],
                    note=reason[:1000],
                )
            ).incident
            for component, reason in order.failing.items()
        ]
        said = f" Raised: {', '.join(dict.fromkeys(opened))}." if opened else ""
        return WatchReply(message=f"The lease of {order.holder} is released.{said}")

    def _intended(self, order: ReleaseLease, title: str) -> None:
        """Suppress alarms of components in planned downtime, until its end or a start-up."""
        memory = self._memory
        changed = {*order.down, *order.up}
        for silence in [s for s in memory.silences.values() if s.shut_down]:
            silence.components = [name for name in silence.components if name not in changed]
            if not silence.components:
                del memory.silences[silence.id]
        if order.down and order.down_until is not None:
            id = f"s{memory.next_silence}"
            memory.next_silence += 1
            memory.silences[id] = Silence(
                id=id,
                by=order.holder,
                reason=f"planned downtime: {title}",
                since=self._now(),
                until=order.down_until,
                components=order.down,
                shut_down=order.holder,
            )

    def gone(self, holder: str) -> bool:
        """A workflow no longer runs: its lease goes to the next in the queue, and its operation is over. Return whether
        it had any.
        """
        released = self._leases.release(holder)
        operated = holder in self._memory.operations
        if operated:
            self.end(holder)
        return released or operated

    def _title(self, holder: str) -> str:
        lease = self._memory.leases.get(holder)
        return lease.title if lease else holder

    # --- incidents

    def merge(self, order: MergeIncidents) -> WatchReply:
        """Merge the first incident into the second."""
        order = self._allowed(order, "merge incidents")
        first, second = self._open(order.incident), self._open(order.into)
        if first.id == second.id:
            raise refusal(f"{first.id} cannot be merged into itself", InputError)
        count = self._register.merge(first, second, order.by, order.reason)
        return WatchReply(
            incident=second.id, message=f"{first.id} ends; {second.id} takes {counted(count, 'alarm')} over."
        )

    def split(self, order: SplitIncident) -> WatchReply:
        """Split some alarms off an incident."""
        order = self._allowed(order, "split incidents")
        old = self._open(order.incident)
        own = {f: h for f, h in self._memory.alarms.items() if h.incident == old.id}
        there = (
            ", ".join(f"{f} ({h.alarm.component or 'the application'})" for f, h in list(own.items())[:20]) or "none"
        )
        if missing := [f for f in order.fingerprints if f not in own]:
            raise refusal(f"{old.id} has no alarm {missing[0]!r}; it has {there}", NotFoundError)
        taken = [h for f, h in own.items() if f in order.fingerprints or h.alarm.component in order.components]
        if not taken:
            raise refusal(f"none of the alarms of {old.id} was named; it has {there}", InputError)
        if len(taken) == len(own) and not old.by_hand:
            raise refusal(
                f"all alarms of {old.id} were named, so none would be left; leave it one of {there}",
                InputError,
            )
        new = self._register.split(old, taken, order.title, order.by, order.reason)
        return WatchReply(incident=new.id, message=f"{new.id} takes {counted(len(taken), 'alarm')} of {old.id}.")

    def may_reopen(self, order: ReopenIncident) -> str:
        """Return the workflow id of the incident; refuse if the person may not reopen it, or if it is open."""
        self._allowed(order, "open incidents again")
        id = self._id(order.incident)
        if id in self._memory.incidents:
            raise refusal(f"{id} is open", ORDER_REFUSED)
        return id

    def reopen(self, order: ReopenIncident, found: ClosedIncident | None) -> WatchReply:
        """Reopen a closed incident. `found` is the incident in the records, if the watch does not remember it."""
        order = self._allowed(order, "open incidents again")
        id = self.may_reopen(order)
        closed = self._memory.closed.get(id) or found
        if closed is None:
            raise refusal(
                f"{self._application} has no closed incident {order.incident!r}; {self._what_is_open()}",
                NotFoundError,
            )
        if closed.end == IncidentEnd.MERGED.value:
            raise refusal(
                f"{id} was merged into another incident, which took over its alarms; open that one again",
                ORDER_REFUSED,
            )
        members = [h for h in self._memory.alarms.values() if h.incident == id]
        for h in members:
            h.recheck_at = None
        alarms = [h.alarm for h in members] or self._register.as_alarms(
            closed, closed.reopened + 1, order.by, order.reason, closed.components[:20] or [None]
        )
        opened = self._register.reopen(closed, alarms, order.by, order.reason)
        return WatchReply(incident=opened.id, message=f"{opened.id} is open again.")

    # --- names

    def _allowed(self, order: M, what: str) -> M:
        """Return the order with the person's name as the dossier has it; refuse unknown people, and those who may not do this."""
        order = named_once(order, self.known)
        people, by = self._memory.plan.people, str(getattr(order, "by", ""))
        if not people.has(by):
            may = ", ".join(people.names[:20]) or NOBODY
            raise refusal(f"{by} may not {what} of {self._application}; those who may: {may}", ORDER_REFUSED)
        return order

    def known(self, who: str) -> str:
        """Return a person's name as the dossier has it; refuse unknown people."""
        known = self._memory.plan
        found = who_is(who, known.contacts)
        if found is None:
            raise refusal(stranger(who, self._application, known.contacts, known.people.names), ORDER_REFUSED)
        return found

    def _id(self, name: str) -> str:
        """Return the workflow id; `17`, `acme.shop.17` and `inc.acme.shop.17` mean the same incident."""
        number = name.removeprefix(incident_id(self._application, 0)[:-1]).removeprefix(f"{self._application}.")
        return incident_id(self._application, int(number)) if number.isascii() and number.isdigit() else name

    def _open(self, name: str) -> OpenIncidentState:
        found = self._memory.incidents.get(self._id(name))
        if found is None:
            raise refusal(f"{self._application} has no open incident {name!r}; {self._what_is_open()}", NotFoundError)
        return found

    def _what_is_open(self) -> str:
        ids = list(self._memory.incidents)
        return "open: " + ", ".join(ids[:20]) if ids else "none is open"

    def _all_known(self, what: str, names: Sequence[str], known: Sequence[str] | dict[str, list[str]]) -> None:
        if unknown := [name for name in names if name not in known]:
            there = ", ".join(known) or "none"
            raise refusal(f"{self._application} has no {what} {unknown[0]!r}; it has {there}", NotFoundError)


def silence_fault(order: SilenceOrder, now: datetime) -> str | None:
    """Return what is wrong with the end of a silence; empty if it is valid."""
    if order.until <= now:
        return f"the silence would end before it begins: until {order.until:%Y-%m-%d %H:%M} UTC"
    if order.until > now + LONGEST_SILENCE:
        return f"a silence lasts {LONGEST_SILENCE.days} days at most; until {order.until:%Y-%m-%d %H:%M} UTC is longer"
    return None
