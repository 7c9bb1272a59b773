"""The limit per hour: what is about to be acted on is counted, so that no fault of ours reaches everything at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import text
from sqlmodel import Session, col, delete, select

from activities.records.records import Records
from activities.records.text import storable
from models.dossier.instructions import OnSilence
from models.gates import APPROVE, REFUSE, GateOption, Question
from models.lease import AskForLease, LeaseMode
from models.reach import ReachAnswer, ReachOut
from models.tables import ActedOn

SPAN: Final = timedelta(hours=1)
_ROLE: Final = "operator"
_ANSWER_WITHIN: Final = timedelta(minutes=30)
_SHOWN: Final = 8


class Reach:
    """Counts in one database, for all workers together; None is no limit."""

    def __init__(self, records: Records, hosts: int | None, customers: int | None) -> None:
        self._records = records
        self._hosts = hosts
        self._customers = customers

    def lease(self, request: AskForLease) -> ReachAnswer:
        """Count the hosts of the components that a lease is asked for (none: all of them)."""
        dossier = (
            self._records.dossier(request.dossier)
            if request.dossier
            else self._records.current_dossier(request.application)
        )
        components = dossier.architecture.components if dossier else {}
        named = request.components or list(components)
        hosts = sorted({host for name in named if name in components for host in components[name].hosts})
        if not hosts or request.mode is LeaseMode.SHARED:
            return ReachAnswer(allowed=True)
        return self.count(
            ReachOut(
                application=request.application,
                operation=request.holder,
                title=request.title,
                by=request.by,
                hosts=hosts,
                # An emergency is not kept waiting; it counts all the same.
                approved=request.beyond_limit or request.emergency,
            ),
            datetime.now(UTC),
        )

    def count(self, request: ReachOut, now: datetime) -> ReachAnswer:
        """Count hosts, unless they are too many: then say what to ask, and count once it is approved."""
        wanted = {(request.application, host) for host in request.hosts}
        with self._records.database.writing() as session:
            if not self._records.database.is_sqlite:  # SQLite's transactions that write come one after the other anyway
                session.execute(text("LOCK TABLE acted_on IN SHARE ROW EXCLUSIVE MODE"))
            session.execute(delete(ActedOn).where(col(ActedOn.at) < now - SPAN))
            others = self._others(session, request.operation)
            if not request.approved and (over := self._over(others, wanted)):
                return ReachAnswer(allowed=False, question=self._question(request, others, wanted, over))
            rows = [
                {
                    "operation": request.operation,
                    "application": request.application,
                    "host": storable(host),
                    "title": storable(request.title),
                    "by": storable(request.by),
                    "at": now,
                }
                for host in sorted(set(request.hosts))
            ]
            statement = self._records.database.insert(ActedOn)
            key = ["operation", "application", "host"]
            session.execute(statement.on_conflict_do_update(index_elements=key, set_={"at": now}), rows)
        return ReachAnswer(allowed=True)

    def _others(self, session: Session, operation: str) -> list[ActedOn]:
        query = select(ActedOn).where(ActedOn.operation != operation).order_by(col(ActedOn.at))
        return list(session.exec(query).all())

    def _over(self, others: list[ActedOn], wanted: set[tuple[str, str]]) -> list[str]:
        """Which limits would be passed by what is new; in words."""
        before = {(row.application, row.host) for row in others}
        over = []
        for noun, limit, known, new in (
            ("host", self._hosts, before, wanted),
            ("customer", self._customers, _customers(before), _customers(wanted)),
        ):
            if limit is not None and new - known and len(known | new) > limit:
                over.append(f"{_plural(len(known | new), noun)}, where {limit} are agreed")
        return over

    def _question(
        self, request: ReachOut, others: list[ActedOn], wanted: set[tuple[str, str]], over: list[str]
    ) -> Question:
        dossier = self._records.current_dossier(request.application)
        return Question(
            text=f"{request.title}: may it go on, above what one hour allows?",
            options=[
                GateOption(name=APPROVE, means="It goes on, and its hosts are counted."),
                GateOption(name=REFUSE, means="It is not carried out.", needs_reason=True),
            ],
            plan="\n".join(
                [
                    f"{request.title} acts on {_plural(len(wanted), 'host')} of {request.application}: "
                    f"{_some(sorted(request.hosts))}.",
                    f"That makes {' and '.join(over)}, acted on within an hour.",
                    *_told(others),
                ]
            ),
            deciders=dossier.people([_ROLE]) if dossier else [],
            roles=[_ROLE],
            within_seconds=_ANSWER_WITHIN.total_seconds(),
            on_silence=OnSilence.REFUSE,
        )


def _customers(hosts: Iterable[tuple[str, str]]) -> set[str]:
    return {application.partition(".")[0] for application, _ in hosts}


def _told(rows: list[ActedOn]) -> list[str]:
    """Who acted on how many hosts within the hour, a line an operation; the latest."""
    by_operation: dict[str, list[ActedOn]] = defaultdict(list)
    for row in rows:
        by_operation[row.operation].append(row)
    lines = [
        f"{of[0].at:%H:%M} UTC, {operation}: {_plural(len(of), 'host')} of {of[0].application}, {of[0].title}, by {of[0].by}"
        for operation, of in by_operation.items()
    ]
    left = len(lines) - _SHOWN
    return ([f"Before them {left} more."] if left > 0 else []) + lines[-_SHOWN:]


def _some(names: list[str]) -> str:
    left = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {left} more" if left > 0 else "")


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
