"""What the fold needs of a measuring point: its interval and thresholds, by the dossier in force at the time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from activities.monitor.plan import MonitoredPoint, monitored_points
from models.dossier.dossier import Dossier
from models.dossier.monitoring import Threshold

_INTERVALS: Final = 2
"""One probe may be missed, or skipped because the one before took its full time, without a gap in the history."""


@dataclass(frozen=True, slots=True)
class PointRules:
    """A measuring point in one version of its dossier."""

    every: timedelta
    vouches: timedelta
    """How long a sample says how the point is, if no other follows: two intervals and the timeout of the probe."""
    stale_after: timedelta
    """After a longer gap, the duration of a threshold starts again, as in the monitor."""
    thresholds: Mapping[str, Threshold]


@dataclass(frozen=True, slots=True)
class RulesInForce:
    """The rules of a point during a span of time: [since, until)."""

    since: datetime
    until: datetime
    rules: PointRules


def rules_of(dossier: Dossier) -> dict[str, PointRules]:
    """Return the rules of the points that the embedded monitor samples, by `customer.application.measuring-point`.

    Raise `NotFoundError` for a component or host that the dossier does not contain.
    """
    sites = dossier.architecture.sites
    return {point.name: _rules(point) for site in sites for point in monitored_points(dossier, site)}


def _rules(point: MonitoredPoint) -> PointRules:
    return PointRules(
        every=point.every,
        vouches=point.every * _INTERVALS + point.target.probe.timeout,
        stale_after=point.no_data_after,
        thresholds=point.thresholds,
    )
