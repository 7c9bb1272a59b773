"""Leases of one application, and the lease queue. Works on the watch's memory alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Final

from models.errors import KeyReusedError, NotFoundError
from models.freezes import freeze_at
from models.lease import (
    REMEDY_HOLDER,
    Lease,
    LeaseAnswer,
    LeaseGranted,
    LeaseMode,
    LeaseState,
    LeaseWanted,
    RequestLease,
)
from models.scope import WHOLE, Scope
from models.watch import OperationUnderWay, WaitingForLease, WatchState
from workflows.runtime.refusals import refusal

if TYPE_CHECKING:
    from workflows.watch.outbox import Message

_MOST_WAITING: Final = 50


class LeaseQueue:
    """Grants leases, keeps the lease queue, and grants a lease to the next one when its holder releases it or no longer runs."""

    def __init__(
        self, application: str, memory: WatchState, now: Callable[[], datetime], send: Callable[[str, Message], None]
    ) -> None:
        self._application = application
        self._memory = memory
        self._now = now
        self._send = send

    def ask(self, order: RequestLease) -> LeaseAnswer:
        """Grant a lease, or put the request into the lease queue. A repeated request gets the present state."""
        earlier = self._memory.leases.get(order.holder)
        if earlier is not None and earlier.key == order.key:
            _require_same(earlier, order)
            return _granted(earlier)
        if earlier is not None:  # the holder requests another lease, and so releases the one it had
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
                reason=f"{_MOST_WAITING} operations already wait for a lease of {self._application}; try again later",
            )
        self._queue(asked)
        self._pass_on(answered=order.holder)
        if order.holder in self._memory.leases:
            return _granted(asked)
        self._call_for(asked)
        return self._queued(asked)

    def release(self, holder: str) -> bool:
        """Release the lease of a holder, or withdraw its request. Return whether there was one."""
        lease = self._memory.leases.pop(holder, None)
        waiting = self._waiting(holder)
        if waiting is not None:
            self._memory.waiting.remove(waiting)
        if lease is None and waiting is None:
            return False
        self._pass_on()
        return True

    def covers(self, holder: str) -> Scope | None:
        """Return the scope of a lease; None if the holder has none."""
        lease = self._memory.leases.get(holder)
        return None if lease is None else lease.components

    def holders(self) -> list[str]:
        """Return the holders of leases, and those that wait for one."""
        return [*self._memory.leases, *(w.holder for w in self._memory.waiting)]

    def queue(self) -> list[WaitingForLease]:
        """Return the lease queue, with the operations that each one waits for."""
        return [WaitingForLease(lease=w, reason=self._why(w)) for w in self._memory.waiting]

    # --- decisions

    def _asked(self, order: RequestLease) -> Lease:
        return Lease(
            **order.model_dump(exclude={"application", "components", "dossier", "beyond_limit"}),
            components=self._scope(order),
            asked=order.components,
            since=self._now(),
        )

    def _scope(self, order: RequestLease) -> Scope:
        """Return the components with all that depend on them, in the dossier's order."""
        known = self._memory.plan.depends_on
        if unknown := [name for name in order.components.names if name not in known]:
            if order.dossier not in {"", self._memory.plan.dossier}:
                # The component is from an earlier version, and was renamed or removed since. It may be any present one, so only
                # the whole application is sure to cover it.
                return WHOLE
            has = ", ".join(known) or "none"
            raise refusal(f"{self._application} has no component {unknown[0]!r}; it has {has}", NotFoundError)
        return self._memory.plan.dependencies.covering(order.components)

    def _frozen(self, asked: Lease) -> str:
        if asked.work is None:
            return ""
        freeze = freeze_at(self._memory.plan.freezes, self._now(), asked.work, asked.components)
        if freeze is None:
            return ""
        return f"{self._application} is frozen until {freeze.until:%Y-%m-%d %H:%M} UTC: {freeze.reason}"

    def _queue(self, asked: Lease) -> None:
        waiting = self._memory.waiting
        ahead = [n for n, w in enumerate(waiting) if _urgent(asked) and not _urgent(w)]
        waiting.insert(ahead[0] if ahead else len(waiting), asked)

    def _call_for(self, asked: Lease) -> None:
        """Signal holders that yield if something more urgent waits for their components."""
        for held in self._memory.leases.values() if _urgent(asked) else ():
            if held.yields and _exclude(asked, held):
                self._send(held.holder, LeaseWanted(holder=held.holder, by=asked.holder, title=asked.title))

    def _pass_on(self, answered: str = "") -> None:
        """Grant all leases that are free. Nobody overtakes a request that waits for the same components.

        The watch signals each new holder, except `answered`, which gets the answer to its update.
        """
        still: list[Lease] = []
        for asked in self._memory.waiting:
            if any(_exclude(asked, other) for other in (*self._memory.leases.values(), *still)):
                still.append(asked)
            else:
                self._grant(asked)
                if asked.holder != answered:
                    self._send(asked.holder, LeaseGranted(holder=asked.holder))
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

    # --- texts

    def _waiting(self, holder: str) -> Lease | None:
        return next((w for w in self._memory.waiting if w.holder == holder), None)

    def _queued(self, asked: Lease) -> LeaseAnswer:
        return LeaseAnswer(state=LeaseState.QUEUED, reason=self._why(asked), components=asked.components)

    def _why(self, asked: Lease) -> str:
        others = [o for o in self._memory.leases.values() if _exclude(asked, o)]
        before = self._memory.waiting[: self._memory.waiting.index(asked)]
        first = [
            f"{o.title} ({o.holder}) holds the lease of {o.components} since {o.since:%m-%d %H:%M} UTC"
            + (", and releases it as soon as no host is half-way" if o.yields and _urgent(asked) else "")
            for o in others
        ]
        ahead = [f"{o.title} ({o.holder})" for o in before if _exclude(asked, o)]
        then = [f"{', '.join(ahead)} requested it earlier"] if ahead else []
        return "; ".join([*first, *then])


def _granted(lease: Lease) -> LeaseAnswer:
    return LeaseAnswer(
        state=LeaseState.GRANTED,
        reason=f"it holds the lease of {lease.components} since {lease.since:%Y-%m-%d %H:%M} UTC",
        components=lease.components,
    )


def _require_same(lease: Lease, order: RequestLease) -> None:
    """Refuse a different request under the same key, because its holder would act without a lease."""
    if (lease.asked, lease.mode) != (order.components, order.mode):
        raise refusal(
            f"{order.holder} asked under the key {order.key!r} for a lease of {lease.asked} ({lease.mode.value}), and asks "
            f"now for {order.components} ({order.mode.value}); use another key for another lease",
            KeyReusedError,
        )


def _urgent(asked: Lease) -> bool:
    return asked.emergency or asked.kind == REMEDY_HOLDER


def _exclude(one: Lease, other: Lease) -> bool:
    shared = one.mode is LeaseMode.SHARED and other.mode is LeaseMode.SHARED
    return not shared and one.components.overlaps(other.components)
