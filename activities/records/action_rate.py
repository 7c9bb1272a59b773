"""The action rate limit: hosts are counted before an operation acts on them, so that a mistake cannot affect all of
them at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import text
from sqlmodel import Session, col, delete, select

from activities.records.records import Records
from activities.records.text import storable
from models.action_rate import ActionRateAnswer, ActionRequest
from models.base import counted
from models.dossier.instructions import OnSilence
from models.gates import APPROVE, REFUSE, GateOption, Question
from models.lease import LeaseMode, RequestLease
from models.people import People
from models.tables import RecentAction

SPAN: Final = timedelta(hours=1)
_ROLE: Final = "operator"
_ANSWER_WITHIN: Final = timedelta(minutes=30)
_SHOWN: Final = 8


class ActionRateLimit:
    """Counts hosts in one database, for all workers together; a limit of None is no limit."""

    def __init__(self, records: Records, hosts: int | None, customers: int | None) -> None:
        self._records = records
        self._hosts = hosts
        self._customers = customers

    def lease(self, request: RequestLease) -> ActionRateAnswer:
        """Count the hosts of the components of a requested lease."""
        dossier = (
            self._records.dossier(request.dossier)
            if request.dossier
            else self._records.current_dossier(request.application)
        )
        components = dossier.architecture.components if dossier else {}
        named = request.components.among(components)
        hosts = sorted({host for name in named for host in components[name].hosts})
        if not hosts or request.mode is LeaseMode.SHARED:
            return ActionRateAnswer(allowed=True)
        return self.count(
            ActionRequest(
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

    def count(self, request: ActionRequest, now: datetime) -> ActionRateAnswer:
        """Count hosts, unless they exceed a limit: then return the question for an operator, and count after the
        approval.
        """
        wanted = {(request.application, host) for host in request.hosts}
        with self._records.database.writing() as session:
            if not self._records.database.is_sqlite:  # SQLite's transactions that write come one after the other anyway
                session.execute(text("LOCK TABLE recentaction IN SHARE ROW EXCLUSIVE MODE"))
            session.execute(delete(RecentAction).where(col(RecentAction.at) < now - SPAN))
            others = self._others(session, request.operation)
            if not request.approved and (over := self._over(others, wanted)):
                return ActionRateAnswer(allowed=False, question=self._question(request, others, wanted, over))
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
            statement = self._records.database.insert(RecentAction)
            key = ["operation", "application", "host"]
            session.execute(statement.on_conflict_do_update(index_elements=key, set_={"at": now}), rows)
        return ActionRateAnswer(allowed=True)

    def _others(self, session: Session, operation: str) -> list[RecentAction]:
        query = select(RecentAction).where(RecentAction.operation != operation).order_by(col(RecentAction.at))
        return list(session.exec(query).all())

    def _over(self, others: list[RecentAction], wanted: set[tuple[str, str]]) -> list[str]:
        """Return the limits that the new hosts would exceed, as text."""
        before = {(row.application, row.host) for row in others}
        over = []
        for noun, limit, known, new in (
            ("host", self._hosts, before, wanted),
            ("customer", self._customers, _customers(before), _customers(wanted)),
        ):
            if limit is not None and new - known and len(known | new) > limit:
                over.append(f"{counted(len(known | new), noun)} (limit: {limit})")
        return over

    def _question(
        self, request: ActionRequest, others: list[RecentAction], wanted: set[tuple[str, str]], over: list[str]
    ) -> Question:
        dossier = self._records.current_dossier(request.application)
        return Question(
            text=f"{request.title}: continue above the action rate limit?",
            options=[
                GateOption(name=APPROVE, means="It continues, and its hosts count for the limit."),
                GateOption(name=REFUSE, means="It is not carried out.", needs_reason=True),
            ],
            plan="\n".join(
                [
                    f"{request.title} acts on {counted(len(wanted), 'host')} of {request.application}: "
                    f"{_some(sorted(request.hosts))}.",
                    f"Within an hour, Driftvakt would then have acted on {' and '.join(over)}.",
                    *_lines(others),
                ]
            ),
            deciders=People.of(dossier.people([_ROLE]) if dossier else []),
            roles=[_ROLE],
            within_seconds=_ANSWER_WITHIN.total_seconds(),
            on_silence=OnSilence.REFUSE,
        )


def _customers(hosts: Iterable[tuple[str, str]]) -> set[str]:
    return {application.partition(".")[0] for application, _ in hosts}


def _lines(rows: list[RecentAction]) -> list[str]:
    """Return the latest operations of the last hour with their number of hosts, one line each."""
    by_operation: dict[str, list[RecentAction]] = defaultdict(list)
    for row in rows:
        by_operation[row.operation].append(row)
    lines = [
        f"{of[0].at:%H:%M} UTC, {operation}: {counted(len(of), 'host')} of {of[0].application}, {of[0].title}, by {of[0].by}"
        for operation, of in by_operation.items()
    ]
    left = len(lines) - _SHOWN
    return ([f"Earlier operations that are not shown: {left}."] if left > 0 else []) + lines[-_SHOWN:]


def _some(names: list[str]) -> str:
    left = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {left} more" if left > 0 else "")
