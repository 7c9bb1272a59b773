"""Folds one day of some points in one transaction: a repeated or killed attempt changes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, delete, insert, select, text, update
from sqlmodel import SQLModel, col

from activities.history.carry import NOTHING, Carry
from activities.history.days import A_DAY, day_start
from activities.history.fold import DayFold, fold_day
from activities.history.reading import SampleReader
from activities.history.rows import day_row, hour_row, span_rows
from activities.history.rules import RulesInForce
from activities.history.uses import RuleBook, application_of
from activities.records.database import Database
from models.errors import UserError
from models.history import DossierInForce
from models.history_tables import HistoryMark, HistoryProgress, PointDayRow, PointHourRow, PointSpanRow

_LONGEST_REASON: Final = 300


@dataclass(frozen=True, slots=True)
class _Mark:
    dirty: bool
    why: str
    carry: Carry | None


@dataclass(slots=True)
class _Results:
    """What one transaction writes."""

    folds: list[tuple[str, DayFold]] = field(default_factory=list)
    reasons: dict[str, str] = field(default_factory=dict)
    """Why a point's day cannot be folded."""
    settled: list[str] = field(default_factory=list)
    """Points whose day is sealed; samples that arrived so late are ignored."""
    changed: list[str] = field(default_factory=list)
    """Points whose day leaves another state to the next day than before."""


class DayFolder:
    """Folds days. Blocking; raises a `StoreError` if the database fails."""

    def __init__(self, database: Database, rules: RuleBook) -> None:
        self._database = database
        self._rules = rules
        self._samples = SampleReader(database)
        statement = database.insert(HistoryMark)
        columns = ("dirty", "why", "folded_at", "carry")
        self._mark = statement.on_conflict_do_update(
            index_elements=["point", "day"], set_={name: statement.excluded[name] for name in columns}
        )
        self._reason = statement.on_conflict_do_update(
            index_elements=["point", "day"], set_={name: statement.excluded[name] for name in ("dirty", "why")}
        )

    def fold(self, day: date, points: Sequence[str], uses: Mapping[str, list[DossierInForce]], now: datetime) -> int:
        """Fold one day of these points, replacing an earlier fold; return how many were folded."""
        rules = {point: self._rules_of(point, day, uses) for point in points}
        results = _Results()
        with self._database.connection() as connection:
            _lock_marks(connection, self._database)
            sealed_until = connection.execute(select(col(HistoryProgress.sealed_until))).scalar()
            marks, before = _marks(connection, day, points), _marks(connection, day - A_DAY, points)
            for point in points:
                if sealed_until is not None and day < sealed_until and not (point in marks and marks[point].why):
                    results.settled += [point] if point in marks else []
                else:
                    self._fold_point(connection, point, day, rules[point], marks, before, results)
            self._write(connection, day, results, now)
        return len(results.folds)

    def _rules_of(
        self, point: str, day: date, uses: Mapping[str, list[DossierInForce]]
    ) -> list[RulesInForce] | UserError:
        start = day_start(day)
        try:
            return self._rules.in_force(uses.get(application_of(point), []), point, start, start + A_DAY)
        except UserError as error:
            return error

    def _fold_point(
        self,
        connection: Connection,
        point: str,
        day: date,
        rules: list[RulesInForce] | UserError,
        marks: Mapping[str, _Mark],
        before: Mapping[str, _Mark],
        results: _Results,
    ) -> None:
        start, mark, last = day_start(day), marks.get(point), before.get(point)
        carry = (last.carry if last else None) or NOTHING
        samples = self._samples.read(connection, point, start, start + A_DAY)
        if not samples and not carry.goes_on and mark is None:
            return
        if isinstance(rules, UserError):
            results.reasons[point] = str(rules)[:_LONGEST_REASON]
        elif last is not None and last.why:
            results.reasons[point] = last.why
        else:
            fold = fold_day(point, day, samples, rules, carry)
            results.folds.append((point, fold))
            if mark is None or fold.carry != mark.carry:
                results.changed.append(point)

    def _write(self, connection: Connection, day: date, results: _Results, now: datetime) -> None:
        _delete(connection, day, [point for point, _ in results.folds])
        _insert(connection, PointSpanRow, [r for p, f in results.folds for r in span_rows(p, day, f.spans)])
        _insert(connection, PointHourRow, [hour_row(hour) for _, fold in results.folds for hour in fold.hours])
        _insert(connection, PointDayRow, [day_row(fold.day) for _, fold in results.folds if fold.day is not None])
        if results.folds:
            connection.execute(self._mark, [_folded(point, day, fold, now) for point, fold in results.folds])
        if results.reasons:
            connection.execute(self._reason, [_unfolded(p, day, why) for p, why in results.reasons.items()])
        if results.settled:
            clean = update(HistoryMark).where(col(HistoryMark.day) == day, col(HistoryMark.point).in_(results.settled))
            connection.execute(clean.values(dirty=False))
        if results.changed:
            following = col(HistoryMark.day) == day + A_DAY, col(HistoryMark.point).in_(results.changed)
            connection.execute(update(HistoryMark).where(*following).values(dirty=True))


def _lock_marks(connection: Connection, database: Database) -> None:
    """Keep other transactions from marking days until this one ends; on SQLite every writing transaction does so.

    Without it, a sample that arrives while its day is folded could be neither in the fold nor mark the day dirty.
    """
    if not database.is_sqlite:
        connection.execute(text("LOCK TABLE historymark IN SHARE ROW EXCLUSIVE MODE"))


def _marks(connection: Connection, day: date, points: Sequence[str]) -> dict[str, _Mark]:
    columns = [col(getattr(HistoryMark, name)) for name in ("point", "dirty", "why", "carry")]
    query = select(*columns).where(col(HistoryMark.day) == day, col(HistoryMark.point).in_(points))
    return {
        row.point: _Mark(row.dirty, row.why, None if row.carry is None else Carry.model_validate(row.carry))
        for row in connection.execute(query)
    }


def _folded(point: str, day: date, fold: DayFold, now: datetime) -> dict[str, Any]:
    carry = fold.carry.model_dump(mode="json", exclude_defaults=True)
    return {"point": point, "day": day, "dirty": False, "why": "", "folded_at": now, "carry": carry}


def _unfolded(point: str, day: date, why: str) -> dict[str, Any]:
    return {"point": point, "day": day, "dirty": True, "why": why, "folded_at": None, "carry": None}


def _delete(connection: Connection, day: date, points: Sequence[str]) -> None:
    if not points:
        return
    start = day_start(day)
    at = col(PointHourRow.at)
    connection.execute(delete(PointSpanRow).where(col(PointSpanRow.point).in_(points), col(PointSpanRow.day) == day))
    connection.execute(delete(PointHourRow).where(col(PointHourRow.point).in_(points), at >= start, at < start + A_DAY))
    connection.execute(delete(PointDayRow).where(col(PointDayRow.point).in_(points), col(PointDayRow.day) == day))


def _insert(connection: Connection, table: type[SQLModel], rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(insert(table), rows)
