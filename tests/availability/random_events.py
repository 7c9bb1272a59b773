"""Random events of an application: spans that may overlap, gaps, maintenance and waits, many of them at the borders."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from models.availability import AvailabilityEvents
from models.dossier.subjects import MeasuredSubject, SubjectComponent
from tests.clocks.random_hours import CHANGES

COMPONENTS = ("web", "app", "db")


def random_window(rng: Random, zone: str) -> tuple[datetime, datetime]:
    """A few hours, half of the time around a change of the clocks."""
    changes = CHANGES[zone]
    day = datetime.fromisoformat(rng.choice(changes) if changes and rng.random() < 0.5 else "2026-05-13").replace(
        tzinfo=UTC
    )
    since = day + timedelta(seconds=rng.randrange(-14 * 3600, 20 * 3600))
    return since, since + timedelta(seconds=rng.randrange(1, 3 * 3600))


def random_subject(rng: Random) -> MeasuredSubject:
    """A flow through one to three components, some of them on several hosts, some without any point."""
    components = []
    for name in COMPONENTS[: rng.randint(1, 3)]:
        whole = [f"{name}-page", f"{name}-port"][: rng.choice((0, 1, 1, 2))]
        hosts = {f"{name}{n}": [f"{name}{n}-port"] * (rng.random() < 0.95) for n in range(rng.choice((0, 0, 2, 3)))}
        needed = rng.randint(1, len(hosts)) if hosts else 0
        components.append(SubjectComponent(name=name, whole=whole, hosts=hosts, needed_hosts=needed))
    return MeasuredSubject(kind="flow", name="order", title="Order", components=components, every_seconds=60)


def random_events(rng: Random, subject: MeasuredSubject, since: datetime, until: datetime) -> AvailabilityEvents:
    """Events around a window; the lists are in no order."""
    points = subject.points
    mostly_up = rng.random() < 0.8
    return AvailabilityEvents.model_validate(
        {
            "application": "acme.shop",
            "measured_since": {
                p: at
                for p in points
                if rng.random() < 0.3
                for at in [_moment(rng, since, until, rng.choice((0.0, 1.2)))]
            },
            "spans": {
                p: [_up(since, until)] * mostly_up + [_span(rng, since, until) for _ in range(rng.randint(0, 6))]
                for p in points
                if rng.random() < 0.97
            },
            "blips": {p: {date(2026, 5, 13): rng.randint(0, 3)} for p in points if rng.random() < 0.3},
            "maintenance": [_maintenance(rng, n, since, until) for n in range(rng.choice((0, 1, 1, 2, 3)))],
            "excused": [_wait(rng, n, since, until) for n in range(rng.choice((0, 0, 1, 2)))],
        }
    )


def shuffled(rng: Random, events: AvailabilityEvents) -> AvailabilityEvents:
    """The same events in another order."""
    data = events.model_dump()
    for one in (*data["spans"].values(), data["maintenance"], data["excused"]):
        rng.shuffle(one)
    for field in ("spans", "measured_since", "blips"):
        items = list(data[field].items())
        rng.shuffle(items)
        data[field] = dict(items)
    return AvailabilityEvents.model_validate(data)


def _up(since: datetime, until: datetime) -> dict[str, Any]:
    return {"state": "up", "since": since - timedelta(hours=1), "until": until + timedelta(hours=1)}


def _moment(rng: Random, since: datetime, until: datetime, around: float = 1.2) -> datetime:
    """A moment in the window or near it; now and then exactly at a border."""
    length = (until - since) // timedelta(seconds=1)
    if rng.random() < 0.2:
        return rng.choice((since, until))
    return since + timedelta(seconds=round(rng.uniform(1 - around, around) * length))


def _between(rng: Random, since: datetime, until: datetime) -> dict[str, datetime]:
    one, other = _moment(rng, since, until), _moment(rng, since, until)
    first, last = min(one, other), max(one, other)
    if rng.random() < 0.5:  # short ones leave room for the others
        last = min(last, first + timedelta(seconds=rng.randint(1, 600)))
    return {"since": first, "until": max(last, first + timedelta(seconds=1))}


def _span(rng: Random, since: datetime, until: datetime) -> dict[str, Any]:
    return {"state": rng.choice(("up", "up", "down", "down", "no_data")), **_between(rng, since, until)}


def _components(rng: Random) -> list[str] | None:
    return None if rng.random() < 0.3 else rng.sample((*COMPONENTS, "mail"), rng.randint(1, 2))


def _maintenance(rng: Random, number: int, since: datetime, until: datetime) -> dict[str, Any]:
    between = _between(rng, since, until)
    announced = between["since"] - timedelta(seconds=rng.choice((0, 1, 3600, -1)))
    return {
        "id": f"maintenance.acme.shop.patches-{number}",
        **between,
        "components": _components(rng),
        "announced_at": announced if rng.random() < 0.9 else None,
        "announced_until": _moment(rng, since, until) if rng.random() < 0.6 else None,
    }


def _wait(rng: Random, number: int, since: datetime, until: datetime) -> dict[str, Any]:
    return {
        "id": f"inc.acme.shop.{number}",
        **_between(rng, since, until),
        "party": rng.choice(("customer", "third_party")),
        "components": _components(rng),
    }
