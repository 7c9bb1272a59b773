"""Halts in the records, and the check before every step that changes something on a host."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Lock
from typing import Any, Final

from sqlmodel import col, select
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.records.people import identify
from activities.records.plans import leaders, operating
from activities.records.records import Records
from activities.records.requests import key_reused
from activities.records.text import storable
from models.errors import HaltedError, NotFoundError, StoreError
from models.halts import AwaitLift, BeginHalt, EndHalt, FindLifters, Halt, Lifted, Lifters
from models.people import NOBODY, folded, is_among
from models.tables import HaltRow

OPERATOR: Final = "operator"
"""The role of the people who are notified of a halt."""

LOOKED_AT_FOR: Final = 1.0
"""Seconds for which an answer of the records stays valid, which is the time until a halt is effective everywhere."""


class Halts:
    """The halts in one database; safe to use from many threads."""

    def __init__(self, records: Records, clock: Callable[[], float] = time.monotonic) -> None:
        self._records = records
        self._clock = clock
        self._seen: list[Halt] = []
        self._seen_at: float | None = None
        self._lock = Lock()

    # --- keeping

    def begin(self, order: BeginHalt) -> Halt:
        """Store a halt, once for each key.

        Raise `NotFoundError` if no customer has that name, because a misspelt halt would stop nothing. Raise
        `KeyReusedError` if the key belongs to another halt.
        """
        customers = sorted({name.partition(".")[0] for name in self._records.applications()})
        if order.customer and order.customer not in customers:
            raise NotFoundError(f"there is no customer {order.customer!r}; there are {', '.join(customers) or 'none'}")
        row = {
            **order.model_dump(),
            "by": storable(self._known(order.by, order.customer)),
            "reason": storable(order.reason),
            "since": datetime.now(UTC),
            "lifted_by": "",
            "lifted_because": "",
        }
        database = self._records.database
        with database.writing() as session:
            session.execute(database.insert(HaltRow).values(row).on_conflict_do_nothing())
            kept = session.get(HaltRow, order.key)
            assert kept is not None
            if (kept.customer, kept.by, kept.reason) != (row["customer"], row["by"], row["reason"]):
                raise key_reused(order.key, "a halt")
            return _halt(kept)

    def end(self, order: EndHalt) -> Halt:
        """Store that a halt is lifted; the first person who lifts it is kept."""
        by = self._known(order.by, self.halt(order.key).customer)
        with self._records.database.writing() as session:
            row = session.get(HaltRow, order.key, with_for_update=True)
            if row is None:
                raise NotFoundError(f"there is no halt {order.key!r}")
            if row.lifted_at is None:
                row.lifted_at = datetime.now(UTC)
                row.lifted_by, row.lifted_because = storable(by), storable(order.reason)
                session.add(row)
                session.flush()
            return _halt(row)

    def lifters(self, customer: str) -> Lifters:
        """Return the operators of the applications that a halt concerns, each person once."""
        found: dict[str, list[str]] = {}
        known: set[str] = set()
        for name in self._concerned(customer):
            dossier = self._records.current_dossier(name)
            operators = dossier.people([OPERATOR]) if dossier else []
            if fresh := [who for who in operators if folded(who) not in known]:
                found[name] = fresh
                known.update(map(folded, fresh))
        return Lifters(people=found)

    def _known(self, who: str, customer: str) -> str:
        """Return the one name of a person who may order and lift this halt; for all customers, an operator of all of
        them. Before a dossier is published, no host is known, and anybody may.
        """
        names = self._concerned(customer)
        name = identify(self._records, who, names)
        dossiers = [dossier for one in names if (dossier := self._records.current_dossier(one)) is not None]
        may = {person for dossier in dossiers for person in (leaders if not customer else operating)(dossier)}
        if dossiers and not is_among(name, sorted(may)):
            what = f"customer {customer}" if customer else "all customers"
            raise NotFoundError(
                f"{name} may not halt {what}, nor lift such a halt; these people may: {', '.join(sorted(may)[:20]) or NOBODY}"
            )
        return name

    def _concerned(self, customer: str) -> list[str]:
        return [n for n in self._records.applications() if not customer or n.partition(".")[0] == customer]

    def halt(self, key: str) -> Halt:
        """Return one halt; raise `NotFoundError` if it does not exist."""
        with self._records.database.reading() as session:
            row = session.get(HaltRow, key)
        if row is None:
            raise NotFoundError(f"there is no halt {key!r}")
        return _halt(row)

    def active(self) -> list[Halt]:
        """Return the active halts, the oldest first."""
        query = select(HaltRow).where(col(HaltRow.lifted_at).is_(None)).order_by(col(HaltRow.since))
        with self._records.database.reading() as session:
            return [_halt(row) for row in session.exec(query).all()]

    def past(self, limit: int = 20) -> list[Halt]:
        """Return the lifted halts, the latest first."""
        query = select(HaltRow).where(col(HaltRow.lifted_at).is_not(None)).order_by(col(HaltRow.lifted_at).desc())
        with self._records.database.reading() as session:
            return [_halt(row) for row in session.exec(query.limit(limit)).all()]

    # --- reading

    def check(self, application: str) -> None:
        """Return if a new command may start on the hosts of an application; otherwise raise `HaltedError` with the
        person and the reason.

        If the records do not answer, the check fails as well: a command does not start unless it is known to be
        allowed.
        """
        with self._lock:
            now = self._clock()
            if self._seen_at is None or now - self._seen_at > LOOKED_AT_FOR:
                try:
                    self._seen = self.active()
                except StoreError as error:
                    raise HaltedError(f"nobody can see whether there is a halt: {error}") from None
                self._seen_at = now
            halts = [halt for halt in self._seen if halt.concerns(application)]
        if halts:
            raise HaltedError("; ".join(halt.link for halt in halts))


class HaltActivities:
    """The activities for halts; blocking, for the worker's thread pool."""

    def __init__(self, halts: Halts) -> None:
        self._halts = halts

    def activities(self) -> list[Callable[..., Any]]:
        """Return all activities, for the worker."""
        return [self.begin_halt, self.end_halt, self.find_lifters, self.await_lift]

    @activity.defn
    def begin_halt(self, request: BeginHalt) -> Halt:
        """Store a halt; it is effective within a second."""
        return self._halts.begin(request)

    @activity.defn
    def find_lifters(self, request: FindLifters) -> Lifters:
        """Return the people who may lift a halt, for a notice to them."""
        return self._halts.lifters(request.customer)

    @activity.defn
    def end_halt(self, request: EndHalt) -> Halt:
        """Store that a halt is lifted."""
        return self._halts.end(request)

    @activity.defn
    def await_lift(self, request: AwaitLift) -> Lifted:
        """Return after the halt is lifted; until then, fail with its person and reason, and be retried."""
        try:
            return self._lifted(request)
        except HaltedError as halted:
            # It is asked again and again, for hours maybe: nothing to fill a worker's log with.
            benign = ApplicationErrorCategory.BENIGN
            raise ApplicationError(str(halted), type=HaltedError.__name__, category=benign) from None

    def _lifted(self, request: AwaitLift) -> Lifted:
        if not request.key:
            self._halts.check(request.application)
            return Lifted()
        halt = self._halts.halt(request.key)
        if halt.lifted_at is None:
            raise HaltedError(halt.link)
        return Lifted(by=halt.lifted_by, reason=halt.lifted_because)


def _halt(row: HaltRow) -> Halt:
    return Halt(
        key=row.key,
        customer=row.customer,
        by=row.by,
        reason=row.reason,
        since=row.since,
        workflow=row.workflow,
        lifted_at=row.lifted_at,
        lifted_by=row.lifted_by,
        lifted_because=row.lifted_because,
    )
