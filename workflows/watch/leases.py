"""Who may operate on which components: leases, and those that wait for one. Works on a watch's memory alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Final, NoReturn

from temporalio.exceptions import ApplicationError

from models.freezes import freeze_at
from models.lease import AskForLease, Lease, LeaseAnswer, LeaseGranted, LeaseMode, LeaseState, LeaseWanted
from models.operation import OperationKind
from models.watch import OperationUnderWay, WaitingForLease, WatchState

if TYPE_CHECKING:
    from workflows.watch.outbox import Message

_MOST_WAITING: Final = 50


class LeaseDesk:
    """Grants leases, keeps the queue, and passes a lease on when it is given back or its holder is gone."""

    def __init__(
        self, application: str, memory: WatchState, now: Callable[[], datetime], tell: Callable[[str, Message], None]
    ) -> None:
        self._application = application
        self._memory = memory
        self._now = now
        self._tell = tell

    def ask(self, order: AskForLease) -> LeaseAnswer:
        """Grant a lease, or put the request into the queue; asking again tells how it stands."""
        held = self._memory.leases.get(order.holder)
        if held is not None and held.key == order.key:
            _require_same(held, order)
            return _granted(held)
        if held is not None:  # the holder asks for another lease: what it held before, it does not hold any more
            self.release(order.holder)
        if (waiting := self._waiting(order.holder)) is not None:
            if waiting.key == order.key:
                _require_same(waiting, order)
                self._call_for(waiting)
                return self._queued(waiting)
            self._memory.waiting.remove(waiting)
        asked = self._asked(order)
        if frozen := self._frozen(asked):
            return LeaseAnswer(state=LeaseState.REFUSED, reason=frozen)
        if len(self._memory.waiting) >= _MOST_WAITING:
            return LeaseAnswer(
                state=LeaseState.REFUSED,
                reason=f"{_MOST_WAITING} operations wait for {self._application} already; ask again when some have ended",
            )
        self._queue(asked)
        self._pass_on(answered=order.holder)
        if order.holder in self._memory.leases:
            return _granted(asked)
        self._call_for(asked)
        return self._queued(asked)

    def release(self, holder: str) -> bool:
        """A holder gives its lease, or its request, back; tell whether there was any."""
        lease = self._memory.leases.pop(holder, None)
        waiting = self._waiting(holder)
        if waiting is not None:
            self._memory.waiting.remove(waiting)
        if lease is None and waiting is None:
            return False
        self._pass_on()
        return True

    def covers(self, holder: str) -> list[str] | None:
        """The components of a lease that is held; none in the list: the whole application. None: it is not held."""
        lease = self._memory.leases.get(holder)
        return None if lease is None else lease.components

    def holders(self) -> list[str]:
        """Those that hold a lease or wait for one."""
        return [*self._memory.leases, *(w.holder for w in self._memory.waiting)]

    def queue(self) -> list[WaitingForLease]:
        """Who waits, and for whom."""
        return [WaitingForLease(lease=w, reason=self._why(w)) for w in self._memory.waiting]

    # --- deciding

    def _asked(self, order: AskForLease) -> Lease:
        return Lease(
            **order.model_dump(exclude={"application", "components", "dossier", "beyond_limit"}),
            components=self._scope(order),
            asked=order.components,
            since=self._now(),
        )

    def _scope(self, order: AskForLease) -> list[str]:
        """The components with all that depend on them, in the dossier's order; none: the whole application."""
        depends_on, components = self._memory.slice.depends_on, order.components
        if unknown := [name for name in components if name not in depends_on]:
            if order.dossier not in {"", self._memory.slice.dossier}:
                # A component of an earlier version, renamed or removed since: nobody knows which one it is now, so that only
                # the whole application is sure to keep others away from it.
                return []
            known = ", ".join(depends_on) or "none"
            _refuse(f"{self._application} has no component {unknown[0]!r}; it has {known}", "NotFoundError")
        scope, grew = set(components), True
        while grew:
            more = {name for name, needed in depends_on.items() if name not in scope and scope & set(needed)}
            scope, grew = scope | more, bool(more)
        return [name for name in depends_on if name in scope]

    def _frozen(self, asked: Lease) -> str:
        if asked.work is None:
            return ""
        freeze = freeze_at(self._memory.slice.freezes, self._now(), asked.work, asked.components)
        if freeze is None:
            return ""
        return f"{self._application} is frozen until {freeze.until:%Y-%m-%d %H:%M} UTC: {freeze.reason}"

    def _queue(self, asked: Lease) -> None:
        waiting = self._memory.waiting
        ahead = [n for n, w in enumerate(waiting) if _urgent(asked) and not _urgent(w)]
        waiting.insert(ahead[0] if ahead else len(waiting), asked)

    def _call_for(self, asked: Lease) -> None:
        """Tell those who hold what something urgent waits for, and who yield."""
        for held in self._memory.leases.values() if _urgent(asked) else ():
            if held.yields and _exclude(asked, held):
                self._tell(held.holder, LeaseWanted(holder=held.holder, by=asked.holder, title=asked.title))

    def _pass_on(self, answered: str = "") -> None:
        """Grant all that can be; nobody overtakes one that waits for the same components.

        Each is told, but the one that is just being answered.
        """
        still: list[Lease] = []
        for asked in self._memory.waiting:
            if any(_exclude(asked, other) for other in (*self._memory.leases.values(), *still)):
                still.append(asked)
            else:
                self._grant(asked)
                if asked.holder != answered:
                    self._tell(asked.holder, LeaseGranted(holder=asked.holder))
        self._memory.waiting[:] = still

    def _grant(self, asked: Lease) -> None:
        asked.since = self._now()
        self._memory.leases[asked.holder] = asked
        if asked.holds_alarms:
            self._memory.operations[asked.holder] = OperationUnderWay(
                holder=asked.holder,
                title=asked.title,
                by=asked.by,
                since=asked.since,
                until=max(asked.until, asked.since),
                components=asked.components,
            )

    # --- saying

    def _waiting(self, holder: str) -> Lease | None:
        return next((w for w in self._memory.waiting if w.holder == holder), None)

    def _queued(self, asked: Lease) -> LeaseAnswer:
        return LeaseAnswer(state=LeaseState.QUEUED, reason=self._why(asked), components=asked.components)

    def _why(self, asked: Lease) -> str:
        held = [o for o in self._memory.leases.values() if _exclude(asked, o)]
        before = self._memory.waiting[: self._memory.waiting.index(asked)]
        first = [
            f"{o.title} ({o.holder}) holds {_of(o.components)} since {o.since:%m-%d %H:%M} UTC"
            + (", and gives way as soon as no host is half-way" if o.yields and _urgent(asked) else "")
            for o in held
        ]
        ahead = [f"{o.title} ({o.holder})" for o in before if _exclude(asked, o)]
        then = [f"{', '.join(ahead)} asked before"] if ahead else []
        return "; ".join([*first, *then])


def _granted(lease: Lease) -> LeaseAnswer:
    return LeaseAnswer(
        state=LeaseState.GRANTED,
        reason=f"it holds the lease of {_of(lease.components)} since {lease.since:%Y-%m-%d %H:%M} UTC",
        components=lease.components,
    )


def _require_same(lease: Lease, order: AskForLease) -> None:
    """Refuse another request under the same key: its holder would act on what it has no lease of."""
    if (lease.asked, lease.mode) != (order.components, order.mode):
        _refuse(
            f"{order.holder} asked under the key {order.key!r} for a lease of {_of(lease.asked)} ({lease.mode.value}), and asks "
            f"now for {_of(order.components)} ({order.mode.value}); ask for another lease under another key",
            "KeyReusedError",
        )


def _urgent(asked: Lease) -> bool:
    return asked.emergency or asked.kind is OperationKind.REMEDY


def _exclude(one: Lease, other: Lease) -> bool:
    shared = one.mode is LeaseMode.SHARED and other.mode is LeaseMode.SHARED
    return not shared and _overlap(one.components, other.components)


def _overlap(one: Iterable[str], other: Iterable[str]) -> bool:
    """No components stand for the whole application."""
    first, second = set(one), set(other)
    return not first or not second or bool(first & second)


def _of(components: list[str]) -> str:
    return ", ".join(components) or "the whole application"


def _refuse(sentence: str, type: str) -> NoReturn:
    raise ApplicationError(sentence, type=type, non_retryable=True)
