"""What people and other workflows order of a watch: silences, operations, and the merging, splitting and reopening of incidents.

Every refusal is one sentence in an `ApplicationError`: what is wrong, and what there is instead.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final, NoReturn, TypeVar

from temporalio.exceptions import ApplicationError

from models.base import Model
from models.incident import IncidentEnd
from models.lease import LeaseTakenBack, ReleaseLease
from models.names import incident_id
from models.people import is_among, named_once, stranger, who_is
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
    WatchState,
    WatchTold,
)
from workflows.watch.alarms import AlarmDesk
from workflows.watch.incidents import IncidentBook
from workflows.watch.leases import LeaseDesk

if TYPE_CHECKING:
    from workflows.watch.outbox import Message

M = TypeVar("M", bound=Model)

_MOST: Final = 50
"""Silences, and operations, at the same time."""


class WatchOrders:
    """Carries orders out on a watch's memory."""

    def __init__(
        self,
        application: str,
        memory: WatchState,
        book: IncidentBook,
        desk: AlarmDesk,
        leases: LeaseDesk,
        now: Callable[[], datetime],
        tell: Callable[[str, Message], None],
    ) -> None:
        self._application = application
        self._memory = memory
        self._book = book
        self._desk = desk
        self._leases = leases
        self._now = now
        self._tell = tell

    # --- silences and operations

    def silence(self, order: SilenceOrder) -> WatchTold:
        """Let a silence hold from now on, for what fires from now on."""
        memory, now = self._memory, self._now()
        order = self._allowed(order, "silence alarms")
        if fault := silence_fault(order, now):
            _refuse(fault, "InvalidInputError")
        self._all_known("component", order.components, memory.slice.depends_on)
        self._all_known("measuring point", order.measuring_points, memory.slice.measuring_points)
        if len(memory.silences) >= _MOST:
            _refuse(f"{self._application} has {_MOST} silences already; lift one first", "RefusedError")
        id = f"s{memory.next_silence}"
        memory.next_silence += 1
        memory.silences[id] = Silence(id=id, since=now, **order.model_dump())
        named = ", ".join([*order.components, *order.measuring_points]) or "the whole application"
        return WatchTold(
            message=f"Silence {id} of {named} holds until {order.until:%Y-%m-%d %H:%M} UTC; what still fires then is raised."
        )

    def lift(self, order: LiftSilence) -> WatchTold:
        """End a silence."""
        order = self._allowed(order, "lift silences")
        if order.id not in self._memory.silences:
            known = ", ".join(self._memory.silences) or "none"
            _refuse(f"{self._application} has no silence {order.id!r}; there is {known}", "NotFoundError")
        del self._memory.silences[order.id]
        self._desk.release_all()
        return WatchTold(message=f"Silence {order.id} is lifted; what still fires is raised.")

    def begin(self, order: BeginOperation) -> WatchTold:
        """Let an operation begin; the same holder again changes what it covers."""
        memory = self._memory
        order = self._allowed(order, "hold alarms")
        self._all_known("component", order.components, memory.slice.depends_on)
        if order.until <= self._now():
            _refuse(
                f"the operation would be over before it begins: until {order.until:%Y-%m-%d %H:%M} UTC",
                "InvalidInputError",
            )
        if len(memory.operations) >= _MOST and order.holder not in memory.operations:
            _refuse(f"{_MOST} operations are under way on {self._application} already", "RefusedError")
        memory.operations[order.holder] = OperationUnderWay(since=self._now(), **order.model_dump())
        return WatchTold(message=f"Alarms that {order.title} can cause are held until it ends.")

    def end(self, holder: str) -> WatchTold:
        """Let an operation be over; ending it again changes nothing."""
        if self._memory.operations.pop(holder, None) is None:
            return WatchTold(message=f"No operation of {holder} is under way.")
        self._desk.release_all()
        return WatchTold(message="The operation is over; what still fires is raised.")

    def release(self, order: ReleaseLease, *, program: bool = True) -> WatchTold:
        """Take a lease back, and open incidents for what is not healthy at the end of its operation and has none.

        Only a `program` gives its own lease back; whoever types the holder's name has not said who they are.
        """
        if order.by != order.holder or not program:
            order = self._allowed(order, "take leases back")
        title = self._title(order.holder)
        if not self._leases.release(order.holder):
            return WatchTold(message=f"{order.holder} holds no lease of {self._application}, and waits for none.")
        if order.by != order.holder:
            self._tell(order.holder, LeaseTakenBack(holder=order.holder, by=order.by))
        self._intended(order, title)
        self.end(order.holder)
        opened = [
            self._desk.report_by_hand(
                OpenByHand(
                    title=f"{component} is not healthy after {title}"[:300],
                    # One of an earlier version of the dossier, renamed since, is raised for the application as a whole.
                    component=component if component in self._memory.slice.depends_on else None,
                    by=order.holder[:80],
                    note=reason[:1000],
                )
            ).incident
            for component, reason in order.failing.items()
        ]
        said = f" Raised: {', '.join(dict.fromkeys(opened))}." if opened else ""
        return WatchTold(message=f"The lease of {order.holder} is given back.{said}")

    def _intended(self, order: ReleaseLease, title: str) -> None:
        """What is down on purpose is not raised, until its time is over or somebody starts it."""
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
                reason=f"down on purpose: {title}",
                since=self._now(),
                until=order.down_until,
                components=order.down,
                shut_down=order.holder,
            )

    def gone(self, holder: str) -> bool:
        """A workflow no longer runs: its lease goes on to the next, and its operation is over; tell whether it had any."""
        released = self._leases.release(holder)
        operated = holder in self._memory.operations
        if operated:
            self.end(holder)
        return released or operated

    def _title(self, holder: str) -> str:
        lease = self._memory.leases.get(holder)
        return lease.title if lease else holder

    # --- incidents

    def merge(self, order: MergeIncidents) -> WatchTold:
        """Merge the first into the second."""
        order = self._allowed(order, "merge incidents")
        first, second = self._open(order.incident), self._open(order.into)
        if first.id == second.id:
            _refuse(f"{first.id} cannot be merged into itself", "InvalidInputError")
        count = self._book.merge(first, second, order.by, order.reason)
        return WatchTold(incident=second.id, message=f"{first.id} ends; {second.id} takes {_alarms(count)} over.")

    def split(self, order: SplitIncident) -> WatchTold:
        """Split some alarms off."""
        order = self._allowed(order, "split incidents")
        old = self._open(order.incident)
        own = {f: h for f, h in self._memory.alarms.items() if h.incident == old.id}
        there = (
            ", ".join(f"{f} ({h.alarm.component or 'the application'})" for f, h in list(own.items())[:20]) or "none"
        )
        if missing := [f for f in order.fingerprints if f not in own]:
            _refuse(f"{old.id} has no alarm {missing[0]!r}; it has {there}", "NotFoundError")
        taken = [h for f, h in own.items() if f in order.fingerprints or h.alarm.component in order.components]
        if not taken:
            _refuse(f"none of the alarms of {old.id} was named; it has {there}", "InvalidInputError")
        if len(taken) == len(own) and not old.by_hand:
            _refuse(
                f"all alarms of {old.id} were named, and it would be left without a matter; leave it one of {there}",
                "InvalidInputError",
            )
        new = self._book.split(old, taken, order.title, order.by, order.reason)
        return WatchTold(incident=new.id, message=f"{new.id} takes {_alarms(len(taken))} of {old.id}.")

    def may_reopen(self, order: ReopenIncident) -> str:
        """The workflow id that is meant; refuses who may not, and what is open."""
        self._allowed(order, "open incidents again")
        id = self._id(order.incident)
        if id in self._memory.incidents:
            _refuse(f"{id} is open", "RefusedError")
        return id

    def reopen(self, order: ReopenIncident, found: ClosedIncident | None) -> WatchTold:
        """Open a closed incident again; `found` as the records have it, where it is not remembered."""
        order = self._allowed(order, "open incidents again")
        id = self.may_reopen(order)
        closed = self._memory.closed.get(id) or found
        if closed is None:
            _refuse(
                f"{self._application} has no closed incident {order.incident!r}; {self._what_is_open()}",
                "NotFoundError",
            )
        if closed.end == IncidentEnd.MERGED.value:
            _refuse(
                f"{id} was merged into another incident, which took its matter over; open that one again",
                "RefusedError",
            )
        held = [h for h in self._memory.alarms.values() if h.incident == id]
        for h in held:
            h.recheck_at = None
        alarms = [h.alarm for h in held] or self._book.as_alarms(
            closed, closed.reopened + 1, order.by, order.reason, closed.components[:20] or [None]
        )
        opened = self._book.reopen(closed, alarms, order.by, order.reason)
        return WatchTold(incident=opened.id, message=f"{opened.id} is open again.")

    # --- who and what is meant

    def _allowed(self, order: M, what: str) -> M:
        """An order under the one name of whoever gives it; refuses strangers, and who may not."""
        order = named_once(order, self.known)
        people, by = self._memory.slice.people, str(getattr(order, "by", ""))
        if self._memory.slice.known and not is_among(by, people):
            may = ", ".join(people[:20])
            _refuse(f"{by} may not {what} of {self._application}; those who may: {may}", "RefusedError")
        return order

    def known(self, who: str) -> str:
        """The one name of somebody; refuses whom the dossier does not know."""
        known = self._memory.slice
        found = who_is(who, known.contacts)
        if found is None:
            _refuse(stranger(who, self._application, known.contacts, known.people), "RefusedError")
        return found

    def _id(self, name: str) -> str:
        """`17`, `acme.shop.17` and `inc.acme.shop.17` are the same."""
        number = name.removeprefix(incident_id(self._application, 0)[:-1]).removeprefix(f"{self._application}.")
        return incident_id(self._application, int(number)) if number.isascii() and number.isdigit() else name

    def _open(self, name: str) -> OpenIncidentState:
        found = self._memory.incidents.get(self._id(name))
        if found is None:
            _refuse(f"{self._application} has no open incident {name!r}; {self._what_is_open()}", "NotFoundError")
        return found

    def _what_is_open(self) -> str:
        ids = list(self._memory.incidents)
        return "open: " + ", ".join(ids[:20]) if ids else "none is open"

    def _all_known(self, what: str, names: Sequence[str], known: Sequence[str] | dict[str, list[str]]) -> None:
        if unknown := [name for name in names if name not in known]:
            there = ", ".join(known) or "none"
            _refuse(f"{self._application} has no {what} {unknown[0]!r}; it has {there}", "NotFoundError")


def silence_fault(order: SilenceOrder, now: datetime) -> str | None:
    """What is wrong with the span of a silence."""
    if order.until <= now:
        return f"the silence would end before it begins: until {order.until:%Y-%m-%d %H:%M} UTC"
    if order.until > now + LONGEST_SILENCE:
        return f"a silence lasts {LONGEST_SILENCE.days} days at most; until {order.until:%Y-%m-%d %H:%M} UTC is longer"
    return None


def _alarms(count: int) -> str:
    return "1 alarm" if count == 1 else f"{count} alarms"


def _refuse(sentence: str, type: str) -> NoReturn:
    raise ApplicationError(sentence, type=type, non_retryable=True)
