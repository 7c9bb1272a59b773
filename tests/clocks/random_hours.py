"""Random service hours and windows of time, many of them where the clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

from models.dossier.agreement import Holidays, HoursException, ServiceHours, Weekly

DAYS = 8
"""Length of a window."""

CHANGES = {
    "Europe/Stockholm": ("2024-03-31", "2024-10-27", "2025-03-30", "2025-10-26", "2026-03-29", "2026-10-25"),
    "America/New_York": ("2024-03-10", "2024-11-03", "2025-03-09", "2025-11-02", "2026-03-08", "2026-11-01"),
    "Australia/Lord_Howe": ("2024-04-07", "2024-10-06", "2025-04-06", "2025-10-05", "2026-04-05", "2026-10-04"),
    "Asia/Kolkata": (),
}
HOLIDAYS = {"Europe/Stockholm": "SE", "America/New_York": "US", "Australia/Lord_Howe": "AU", "Asia/Kolkata": "IN"}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def windows() -> dict[str, list[datetime]]:
    """Beginnings of windows by time zone: around every change of the clocks, New Year, Midsummer and ordinary days."""
    found = {}
    for zone, changes in CHANGES.items():
        quiet = [
            f"{year}-{day}" for year in (2024, 2025, 2026) for day in ("01-01", "06-20", "07-04", "12-24", "12-31")
        ]
        days = [datetime.fromisoformat(day).replace(tzinfo=UTC) for day in (*changes, *changes, *quiet)]
        found[zone] = [day - timedelta(days=3) for day in days]
    return found


def random_hours(rng: Random, zone: str, start: datetime) -> ServiceHours:
    """Hours as somebody might agree on them: none overlap on one weekday."""
    weekly = {day: random_spans(rng) for day in WEEKDAYS if rng.random() < 0.75}
    days = rng.sample(range(DAYS), rng.choice((0, 0, 1, 2)))
    exceptions = [
        HoursException(
            day=(start + timedelta(days=n)).date(),
            hours=random_spans(rng) if rng.random() < 0.5 else [],
            reason="agreed",
        )
        for n in days
    ]
    holidays: str | Holidays | None = None
    if rng.random() < 0.4:
        holidays = HOLIDAYS[zone]
        if holidays == "SE" and rng.random() < 0.7:
            holidays = Holidays(country="SE", also=["de_facto"])
    return ServiceHours(time_zone=zone, weekly=Weekly(**weekly), holidays=holidays, exceptions=exceptions)


def random_spans(rng: Random) -> list[str]:
    """One to three spans of a day, the last perhaps over midnight; half of them with ends in the small hours."""
    count = rng.choice((1, 1, 2, 3))
    night = rng.random() < 0.5
    cuts = sorted(
        rng.sample(range(0, 240 if night else 1440, rng.choice((1, 5, 15, 30))), 2 * count - 1 if night else 2 * count)
    )
    if night:
        cuts.append(rng.randrange(cuts[-1] + 1, 1441) if rng.random() < 0.5 else rng.randrange(0, cuts[0] + 1))
    texts = [_text(a, b) for a, b in zip(cuts[::2], cuts[1::2], strict=True)]
    if not night and rng.random() < 0.2:
        texts[-1] = _text(cuts[-2], cuts[0])  # over midnight
    return texts


def _text(since: int, until: int) -> str:
    end = "24:00" if until == 1440 else f"{until // 60:02}:{until % 60:02}"
    return f"{since // 60:02}:{since % 60:02}-{end}"
