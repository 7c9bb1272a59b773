"""Gather the events of an application from the records, with the versions of its dossier that were in force."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from activities.availability.periods import AskedTime
from activities.availability.recorded import excused_times, last_second, maintenance_times
from activities.availability.versions import DossierInUse, versions_of
from activities.history.days import day_start
from activities.history.store import HistoryStore
from activities.records import Records
from models.availability import AvailabilityEvents, MeasuredSpan, VersionInForce
from models.dossier import Dossier
from models.dossier.monitoring import Source
from models.dossier.subjects import down_thresholds, subject_of
from models.errors import NotFoundError, UserError
from models.history import UnfoldedDay

_MARGIN: Final = timedelta(days=1)
"""Local days begin and end at most so long before or after those in UTC."""


class GatheredEvents(NamedTuple):
    """All that the availability of an application is computed from."""

    in_use: list[DossierInUse]
    events: AvailabilityEvents
    unfolded: list[UnfoldedDay]
    """Days that have no data because the history cannot be read, with the reasons."""


class _Part(NamedTuple):
    """A part of the asked time with the version of the dossier that was in force."""

    since: datetime
    until: datetime
    begun: datetime
    """When the version came into force; of the first part perhaps earlier than `since`."""
    dossier: Dossier


def gather(
    records: Records, history: HistoryStore, application: str, asked: AskedTime, now: datetime
) -> GatheredEvents:
    """Gather the events in the asked time, up to now.

    Raise `NotFoundError` if no dossier was in force then, and `UserError` if the time has not begun, or if another system
    measures the points.
    """
    parts = _parts(records, history, application, asked, now)
    since, until = parts[0].since, parts[-1].until
    points = list(dict.fromkeys(point for part in parts for point in _points(part.dossier)))
    events = AvailabilityEvents(
        application=application,
        versions=[VersionInForce(digest=part.dossier.digest, since=part.begun) for part in parts],
        recorded_until=until,
        measured_since=dict(_measured_since(history, application, points)),
        spans=_spans(history, application, parts),
        blips=_blips(history, application, parts),
        maintenance=maintenance_times(records, application, since, until),
        excused=excused_times(records, application, since, until),
    )
    _refuse_central(parts[-1].dossier, events)
    full = [f"{application}.{point}" for point in points]
    in_use = versions_of(events, [part.dossier for part in parts])
    return GatheredEvents(in_use, events, history.unfolded(full, since, until))


def _parts(records: Records, history: HistoryStore, application: str, asked: AskedTime, now: datetime) -> list[_Part]:
    roughly = asked.within("UTC")
    near = history.dossiers_in_force(application, roughly[0] - _MARGIN, roughly[1] + _MARGIN)
    dossiers = {use.digest: records.dossier(use.digest) for use in near}
    zones = {zone for dossier in dossiers.values() for zone in _zones(dossier)} or {"UTC"}
    asked_for = [asked.within(zone) for zone in zones]
    since, until = min(a for a, _ in asked_for), min(max(b for _, b in asked_for), last_second(now))
    if since >= until:
        raise UserError(f"--from names a time after now, {now:%Y-%m-%d %H:%M} UTC; name an earlier one")
    found: list[_Part] = []
    for use in near:
        begun, ends = last_second(use.since), until if use.until is None else min(until, last_second(use.until))
        if max(begun, since) < ends:
            # Time before the first version is measured by it: its agreement may be older than the installation.
            found.append(_Part(begun if found else since, ends, begun, dossiers[use.digest]))
    if not found:
        raise NotFoundError(f"no dossier of {application} was in force in the asked time; name a later one")
    return found


def _zones(dossier: Dossier) -> Iterator[str]:
    yield from (dossier.agreement.time_zone_of(target.hours) for target in dossier.agreement.availability.values())


def _points(dossier: Dossier) -> list[str]:
    names = (point for name in dossier.agreement.availability for point in subject_of(dossier, name).points)
    return list(dict.fromkeys(names))


def _measured_since(history: HistoryStore, application: str, points: Sequence[str]) -> Iterator[tuple[str, datetime]]:
    for point in points:
        first = history.measured_since(f"{application}.{point}")
        if first is not None:
            yield point, first


def _spans(history: HistoryStore, application: str, parts: Sequence[_Part]) -> dict[str, list[Any]]:
    """Return the spans of each point, each part by the thresholds that count in its version."""
    found: dict[str, list[MeasuredSpan]] = {}
    for part in parts:
        counted = down_thresholds(part.dossier)
        groups: dict[frozenset[str], list[str]] = defaultdict(list)
        for point in _points(part.dossier):
            groups[counted[point]].append(f"{application}.{point}")
        for thresholds, points in groups.items():
            for full, spans in history.spans(points, part.since, part.until, thresholds).items():
                found.setdefault(full.removeprefix(f"{application}."), []).extend(
                    MeasuredSpan.model_construct(state=span.state, since=span.since, until=span.until) for span in spans
                )
    return found


def _blips(history: HistoryStore, application: str, parts: Sequence[_Part]) -> dict[str, Any]:
    """Return the blips of each point by day, of the thresholds that count in the version in force when the day began."""
    found: dict[str, dict[Any, int]] = defaultdict(dict)
    for part in parts:
        counted = down_thresholds(part.dossier)
        points = [f"{application}.{point}" for point in _points(part.dossier)]
        for full, days in history.days(points, part.since.date(), part.until.date() + _MARGIN).items():
            point = full.removeprefix(f"{application}.")
            for day in days:
                blips = sum(count for name, count in day.blips.items() if name in counted[point])
                if blips and part.since <= day_start(day.day) < part.until:
                    found[point][day.day] = blips
    return dict(found)


def _refuse_central(dossier: Dossier, events: AvailabilityEvents) -> None:
    if dossier.monitoring.watched_by is Source.CENTRAL and not events.spans.keys() & events.measured_since.keys():
        raise UserError(
            f"another system measures the points of {dossier.id}, so the records have no history of them; give their events "
            "by --dossier and --events"
        )
