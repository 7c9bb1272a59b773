"""The points of a dossier that the monitor of one site samples."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from models.base import format_duration
from models.dossier.dossier import Dossier
from models.dossier.monitoring import MeasuringPoint, Severity, Source, Threshold
from models.probes import ProbeTarget

NO_DATA: Final = "no_data"
"""Used beside the names of a point's thresholds; no name in a dossier can have an underscore."""

_INTERVALS_WITHOUT_DATA: Final = 10

_WORDS: Final = {
    ">": "above",
    ">=": "at or above",
    "<": "below",
    "<=": "at or below",
    "==": "at",
    "!=": "other than",
}


@dataclass(frozen=True, slots=True)
class MonitoredPoint:
    """A measuring point of a published dossier, ready to be sampled."""

    name: str
    """`customer.application.measuring-point`."""
    application: str
    measuring_point: str
    component: str
    title: str
    """For people: `Shop front page`."""
    target: ProbeTarget
    every: timedelta
    thresholds: dict[str, Threshold]
    no_data_after: timedelta
    no_data_severity: Severity
    unit: str | None = None


def monitored_points(dossier: Dossier, site: str) -> list[MonitoredPoint]:
    """Return the points of a dossier that this site samples; none if another system monitors them.

    Raise `NotFoundError` for a component or host that the dossier does not contain.
    """
    if dossier.monitoring.watched_by is not Source.EMBEDDED:
        return []
    points = dossier.monitoring.measuring_points.items()
    return [_resolved(dossier, name, point) for name, point in points if dossier.probing_site(point) == site]


def _resolved(dossier: Dossier, name: str, point: MeasuringPoint) -> MonitoredPoint:
    full = f"{dossier.id}.{name}"
    probe = point.probe
    host = dossier.host_target(probe.ssh_host) if probe.ssh_host else None
    return MonitoredPoint(
        name=full,
        application=dossier.id,
        measuring_point=name,
        component=point.component,
        title=f"{dossier.name} {name.replace('-', ' ')}"[:120],
        target=ProbeTarget(point=full, probe=probe, ssh_host=host),
        every=point.every,
        thresholds=point.thresholds,
        no_data_after=point.no_data_after or point.every * _INTERVALS_WITHOUT_DATA,
        no_data_severity=point.no_data_severity,
        unit=point.unit,
    )


def phrase(threshold: Threshold, unit: str | None) -> str:
    """Return a threshold as text: `failed for 1m`, `above 90 % for 5m`, `latency above 500 ms`."""
    return _condition_in_words(threshold.when, unit) + (
        f" for {format_duration(threshold.duration)}" if threshold.duration else ""
    )


def _condition_in_words(condition: str, unit: str | None) -> str:
    if condition == "failed":
        return "failed"
    quantity, comparison, limit = condition.split()
    if quantity == "latency_ms":
        return f"latency {_WORDS[comparison]} {limit} ms"
    return f"{_WORDS[comparison]} {limit}" + (f" {unit}" if unit else "")
