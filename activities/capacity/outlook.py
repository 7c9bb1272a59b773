"""Forecasts the resources of a capacity plan from the history, and computes when decisions are due."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlmodel import col

from activities.capacity.forecast import Asked, forecast
from activities.history.days import day_of, day_start
from activities.history.store import HistoryStore
from activities.records import Records
from models.capacity import CapacityForecast, CapacityOutlook, DailyUse, ResourceOutlook
from models.dossier import Dossier
from models.dossier.routines import CapacityResource
from models.history import DayValues
from models.operation_kinds import CHANGE, RESTORE
from models.tables import OperationRow

_HISTORY: Final = timedelta(days=762)
"""Two years of seasons, and a month."""
_TWO_QUARTERS: Final = 184
_LONGEST: Final = 400
"""Days of the longest forecast."""
_HALF_A_DAY: Final = 43_200
"""Seconds without data after which a day has no figure: the rest of the day may have been different."""


def outlook_of(records: Records, history: HistoryStore, dossier: Dossier, now: datetime) -> CapacityOutlook:
    """Return the forecasts of all resources of the capacity plan. The last whole day (UTC) is the last one that counts."""
    today = day_of(now)
    since = today - _HISTORY
    changes = recorded_changes(records, dossier.id, since)
    found = [
        _outlook(key, one, dossier, history, since, today, changes) for key, one in dossier.capacity.resources.items()
    ]
    return CapacityOutlook(
        application=dossier.id,
        today=today,
        resources=sorted(found, key=lambda one: (not one.at_limit, one.decide_by or date.max, one.key)),
    )


def recorded_changes(records: Records, application: str, since: date) -> list[date]:
    """Return the days (UTC) of changes and restores that were carried out, each once: they explain steps in the use."""
    row = OperationRow
    query = select(col(row.opened_at)).where(
        col(row.application) == application,
        col(row.kind).in_([CHANGE.name, RESTORE.name]),
        col(row.rehearsed).is_(False),
        col(row.closed_at).is_not(None),
        col(row.opened_at) >= day_start(since),
    )
    with records.database.reading() as session:
        return sorted({day_of(opened_at) for opened_at in session.execute(query).scalars()})


def _outlook(
    key: str,
    resource: CapacityResource,
    dossier: Dossier,
    history: HistoryStore,
    since: date,
    today: date,
    changes: Sequence[date],
) -> ResourceOutlook:
    name = f"{dossier.id}.{resource.measuring_point}"
    days = history.day_values([name], since, today, [resource.statistic.value])[name]
    point = dossier.monitoring.measuring_points.get(resource.measuring_point)
    use = [_use(day) for day in days]
    asked = Asked(
        horizon=min(_TWO_QUARTERS + resource.plan_ahead.days, _LONGEST),
        limit=resource.reserved_limit,
        falls=resource.falls,
        kind=resource.kind,
        last_day=today - timedelta(days=1),
    )
    found = forecast(use, asked, changes)
    at_risk = _at_risk(found, resource.risk / 100)
    return ResourceOutlook(
        key=key,
        title=resource.title,
        measuring_point=resource.measuring_point,
        unit=(point.unit or "") if point else "",
        statistic=resource.statistic,
        limit=resource.limit,
        headroom=resource.headroom,
        risk=resource.risk,
        falls=resource.falls,
        days_with_data=sum(one.value is not None for one in use),
        forecast=found,
        at_risk=at_risk,
        decide_by=at_risk - resource.plan_ahead if at_risk else None,
        at_limit=_at_limit(found, resource),
    )


def _use(day: DayValues) -> DailyUse:
    return DailyUse(day=day.day, value=None if day.no_data_s > _HALF_A_DAY else day.values[0])


def _at_risk(found: CapacityForecast, risk: float) -> date | None:
    return next((day.day for day in found.days if day.p_limit is not None and day.p_limit >= risk), None)


def _at_limit(found: CapacityForecast, resource: CapacityResource) -> bool:
    if found.level is None:
        return False
    return found.level <= resource.reserved_limit if resource.falls else found.level >= resource.reserved_limit
