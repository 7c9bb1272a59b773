"""Targets are judged for each agreed period, by exact numbers, and by the version of the dossier that was in force."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from time import process_time

import pytest

from activities.availability import AskedTime, DossierInUse, join, read
from models.availability import (
    AvailabilityEvents,
    AvailabilityReading,
    AvailabilityVerdict,
    ClassSeconds,
    PeriodReading,
    VersionInForce,
)
from models.dossier import Dossier
from models.errors import UserError
from models.percentages import percent_text
from tests.availability.example import DOWN_AT, MAINTENANCE, SINCE, UNTIL, dossier, events
from tests.availability.test_subjects import shop
from tests.dossier.test_messages import put

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def judged(
    of: Dossier, recorded: AvailabilityEvents, since: datetime = SINCE, until: datetime = UNTIL
) -> PeriodReading:
    """The only period of the only target."""
    [target] = read([DossierInUse(None, of)], recorded, AskedTime.between(since, until)).targets
    [period] = target.periods
    return period


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_the_worked_example_has_the_figures_of_the_page() -> None:
    period = judged(dossier(), events())

    assert period.measured.classes == ClassSeconds(maintenance=14_400, down=1_380, no_data=300, up=847_920)
    assert period.measured.classes.total == 240 * 3600
    worst, measured = period.figures.at_worst, period.figures.measured
    assert (measured.part, measured.whole) == (847_920, 849_300)
    assert (worst.part, worst.whole) == (847_920, 849_600)
    assert (round(measured.part / measured.whole, 6), round(worst.part / worst.whole, 6)) == (0.998375, 0.998023)
    shown = [percent_text(f, 4) for f in (measured, worst, period.figures.at_best)]
    assert shown == ["99.8375\u00a0%", "99.8022\u00a0%", "99.8375\u00a0%"]  # rounded down
    counted = period.maintenance_counted
    assert (counted.at_worst.part, counted.at_worst.whole) == (847_920, 864_000)
    assert period.decimals == 2
    assert period.measured.blips == 2


def test_outages_are_the_evidence_of_the_down_time_and_maintenance_that_of_the_rest() -> None:
    measured = judged(dossier(), events()).measured

    [outage] = measured.counted_outages
    assert (outage.since, outage.until, outage.counted_seconds) == (DOWN_AT, DOWN_AT + 23 * MINUTE, 1380)
    assert outage.points == ["web-page"]
    assert measured.longest_outage == outage
    [not_counted] = [one for one in measured.outages if not one.counted_seconds]
    assert (not_counted.since, not_counted.until) == (MAINTENANCE, MAINTENANCE + 4 * HOUR)
    [taken_out] = measured.maintenance
    assert (taken_out.id, taken_out.seconds) == ("maintenance.acme.shop.patches-1", 14_400)


@pytest.mark.parametrize(
    ("target", "verdict"),
    [
        ("99.8 %", AvailabilityVerdict.KEPT),
        ("99.82 %", AvailabilityVerdict.CANNOT_BE_PROVEN),
        ("99.85 %", AvailabilityVerdict.BROKEN),
    ],
)
def test_the_verdict_follows_from_the_bounds(target: str, verdict: AvailabilityVerdict) -> None:
    assert judged(dossier(target), events()).verdict is verdict


@pytest.mark.parametrize(
    ("down", "no_data", "verdict"),
    [
        (864, 0, AvailabilityVerdict.KEPT),  # exactly 99.9 % of 240 h
        (865, 0, AvailabilityVerdict.BROKEN),
        (863, 1, AvailabilityVerdict.KEPT),
        (863, 2, AvailabilityVerdict.CANNOT_BE_PROVEN),
        (864, 1, AvailabilityVerdict.CANNOT_BE_PROVEN),
        (0, 864, AvailabilityVerdict.KEPT),
        (0, 865, AvailabilityVerdict.CANNOT_BE_PROVEN),
    ],
)
def test_a_target_is_kept_exactly_at_its_boundary(down: int, no_data: int, verdict: AvailabilityVerdict) -> None:
    recorded = events(down=timedelta(seconds=down), no_data=timedelta(seconds=no_data))
    without = recorded.model_copy(update={"maintenance": []})
    spans = [s for s in without.spans["web-page"] if s.since != MAINTENANCE]
    up = spans[0].model_copy(update={"since": MAINTENANCE, "until": MAINTENANCE + 4 * HOUR})

    period = judged(dossier("99.9 %"), without.model_copy(update={"spans": {"web-page": [*spans, up]}}))

    assert period.measured.classes.counted == 864_000
    assert period.verdict is verdict


def test_maintenance_counts_unless_it_was_announced_before_it_began() -> None:
    [done] = events().maintenance
    late = done.model_copy(update={"announced_at": done.since})
    never = done.model_copy(update={"announced_at": None})

    for one in (late, never):
        period = judged(dossier(), events().model_copy(update={"maintenance": [one]}))

        assert period.measured.classes.maintenance == 0
        assert period.measured.classes.down == 1_380 + 14_400
        assert period.figures == period.maintenance_counted
        assert [taken.seconds for taken in period.measured.maintenance] == [0]


def test_an_overrun_of_maintenance_is_down() -> None:
    [done] = events().maintenance
    short = done.model_copy(update={"announced_until": MAINTENANCE + 3 * HOUR})

    measured = judged(dossier(), events().model_copy(update={"maintenance": [short]})).measured

    assert measured.classes.maintenance == 3 * 3600
    assert measured.classes.down == 1_380 + 3600
    assert [one.counted_seconds for one in measured.outages] == [1_380, 3600]


def test_maintenance_of_other_components_changes_nothing() -> None:
    [done] = events().maintenance
    other = done.model_copy(update={"components": type(done.components).of(["db"])})

    assert judged(dossier(), events().model_copy(update={"maintenance": [other]})).measured.maintenance == []


def test_a_wait_counts_unless_the_agreement_excuses_its_party() -> None:
    wait = {
        "id": "inc.acme.shop.17",
        "party": "third_party",
        "components": ["web"],
        "since": DOWN_AT,
        "until": DOWN_AT + 10 * MINUTE,
    }
    data = events().model_dump() | {"excused": [wait]}
    recorded = AvailabilityEvents.model_validate(data)

    assert judged(dossier(), recorded).measured.classes.excused == 0
    assert judged(dossier(excused=["customer"]), recorded).measured.classes.excused == 0
    excused = judged(dossier(excused=["third_party"]), recorded).measured
    assert (excused.classes.excused, excused.classes.down) == (600, 780)
    assert [(one.id, one.seconds, one.party) for one in excused.excused] == [("inc.acme.shop.17", 600, "third_party")]


def test_each_agreed_period_is_judged_and_a_part_of_one_is_preliminary() -> None:
    [target] = read([DossierInUse(None, dossier())], events(), AskedTime("2026-04", "2026-05-10")).targets

    assert [(p.name, p.complete) for p in target.periods] == [("2026-04", True), ("2026-05", False)]
    april, may = (p.measured for p in target.periods)
    # The shop's month begins at midnight in Stockholm.
    assert (april.since, april.until) == (utc("2026-03-31T22:00:00"), utc("2026-04-30T22:00:00"))
    assert april.until == may.since
    assert april.classes.not_yet_measured == (SINCE - timedelta(days=1) - april.since).total_seconds()
    assert may.classes.total == 10 * 86_400


def test_a_month_with_a_change_of_the_clocks_has_an_hour_more_or_less() -> None:
    recorded = events()

    march, october = (
        judged_whole(dossier(), recorded, month).measured.classes.total for month in ("2026-03", "2026-10")
    )

    assert (march, october) == (31 * 86_400 - 3600, 31 * 86_400 + 3600)


def judged_whole(of: Dossier, recorded: AvailabilityEvents, month: str) -> PeriodReading:
    """The period of a month, whole."""
    [target] = read([DossierInUse(None, of)], recorded, AskedTime(month, None)).targets
    [period] = target.periods
    assert period.complete
    return period


def test_quarters_and_years_have_their_own_names_and_join_from_months() -> None:
    quarterly = dossier(per="quarter")
    [target] = read([DossierInUse(None, quarterly)], events(), AskedTime("2026", None)).targets
    [monthly] = read([DossierInUse(None, dossier())], events(), AskedTime("2026-Q2", None)).targets

    assert [p.name for p in target.periods] == ["2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4"]
    assert join([p.measured for p in monthly.periods]) == target.periods[1].measured


def test_time_that_is_not_recorded_yet_is_left_out() -> None:
    recorded = events().model_copy(update={"recorded_until": DOWN_AT})

    period = judged(dossier(), recorded)

    assert period.measured.until == DOWN_AT
    assert period.measured.classes == ClassSeconds(up=3 * 86_400)
    with pytest.raises(UserError, match="nothing of the asked time can be judged: the records end at 2026-05-04"):
        judged(dossier(), recorded, DOWN_AT, UNTIL)


def test_a_period_without_a_second_that_counts_cannot_be_proven() -> None:
    empty = AvailabilityEvents(application="acme.shop")

    period = judged(dossier(), empty)

    assert period.measured.classes == ClassSeconds(not_yet_measured=864_000)
    assert period.verdict is AvailabilityVerdict.CANNOT_BE_PROVEN
    assert (period.figures.measured.whole, period.decimals) == (0, 0)


def test_a_second_is_measured_by_the_version_in_force_and_a_period_judged_by_the_first() -> None:
    before, after = dossier("99.9 %"), dossier("50 %", hours="office")
    border = SINCE + timedelta(days=4)
    recorded = events().model_copy(
        update={
            "versions": [
                VersionInForce(digest=before.digest, since=SINCE - timedelta(days=60)),
                VersionInForce(digest=after.digest, since=border),
            ]
        }
    )
    in_use = [DossierInUse(one.since, of) for one, of in zip(recorded.versions, (before, after), strict=True)]

    [target] = read(in_use, recorded, AskedTime.between(SINCE, UNTIL)).targets

    [period] = target.periods
    assert period.target == "99.9 %"
    assert target.target == "50 %"
    first = judged(before, recorded, SINCE, border).measured
    second = judged(after, recorded, border, UNTIL).measured
    assert period.measured == join([first, second])
    assert second.classes.outside_hours > 0


def test_a_target_that_was_agreed_within_the_period_begins_with_its_version() -> None:
    without = shop(put("agreement/availability", {}))
    border = SINCE + timedelta(days=2)
    in_use = [DossierInUse(SINCE - timedelta(days=60), without), DossierInUse(border, dossier())]

    [target] = read(in_use, events(), AskedTime.between(SINCE, UNTIL)).targets

    assert target.periods[0].measured.since == border
    assert not target.periods[0].complete


def test_a_target_that_was_dropped_ends_with_its_version() -> None:
    border = SINCE + timedelta(days=2)
    gone = shop(put("agreement/availability", {}))
    in_use = [DossierInUse(SINCE - timedelta(days=60), dossier()), DossierInUse(border, gone)]

    [target] = read(in_use, events(), AskedTime.between(SINCE, UNTIL)).targets

    assert target.periods[0].measured.until == border
    with pytest.raises(UserError, match="nothing of the asked time can be judged: no target was agreed then"):
        read(in_use, events(), AskedTime.between(border, UNTIL))


def test_an_agreement_without_targets_says_how_to_add_one() -> None:
    with pytest.raises(
        UserError, match=r"acme\.shop has no availability targets; add one under agreement\.availability"
    ):
        read([DossierInUse(None, shop(put("agreement/availability", {})))], events(), AskedTime("2026-05", None))


def test_a_flow_is_down_when_any_part_is_and_never_a_mean_of_its_parts() -> None:
    day = SINCE

    def spans(down_from: int, down_until: int) -> list[dict[str, object]]:
        """A point that is down between two hours of the day."""
        edges = (0, down_from, down_until, 10)
        return [
            {"state": state, "since": day + a * HOUR, "until": day + b * HOUR}
            for state, a, b in zip(("up", "down", "up"), edges[:-1], edges[1:], strict=True)
            if a < b
        ]

    recorded = AvailabilityEvents.model_validate(
        {
            "application": "acme.shop",
            "spans": {"web-page": spans(0, 1), "app-port": spans(1, 2), "db-answers": spans(2, 4)},
        }
    )
    of = shop(put("agreement/availability", {"browse": {"target": "99 %"}}))

    period = judged(of, recorded, day, day + 10 * HOUR)

    # The parts are up for 90, 90 and 80 %; the flow for 60 %, where a mean would say 86.7 %.
    assert (period.figures.measured.part, period.figures.measured.whole) == (6 * 3600, 10 * 3600)
    assert [one.points for one in period.measured.outages] == [["app-port", "db-answers", "web-page"]]


def test_a_year_of_a_flow_of_ten_points_with_ten_thousand_spans_takes_at_most_a_second() -> None:
    of, recorded = a_year_of_ten_points()
    asked = AskedTime("2025", None)
    read([DossierInUse(None, of)], recorded, asked)  # the calendar of the year is computed once

    begun = process_time()
    reading = read([DossierInUse(None, of)], recorded, asked)
    took = process_time() - begun

    [target] = reading.targets
    assert len(target.points) == 10
    assert target.periods[0].measured.classes.total == 365 * 86_400
    assert len(target.periods[0].measured.outages) > 4000
    assert took <= 1.0


def a_year_of_ten_points() -> tuple[Dossier, AvailabilityEvents]:
    """The shop with ten points, each of which fails 500 times in the year."""
    ping = {"component": "web", "probe": {"type": "tcp", "host": "192.0.2.12", "port": 443}}
    points = {f"web-{n}": ping for n in range(10)}
    of = shop(
        put(
            "agreement/availability",
            {"web": {"of": "component web", "target": "99 %", "hours": "office", "per": "year"}},
        ),
        *(put(f"monitoring/measuring_points/{name}", point) for name, point in points.items()),
        put("monitoring/measuring_points/web-page/health", False),
        put("monitoring/measuring_points/app-port/component", "app"),
    )
    begun, spans = utc("2024-12-31T22:00:00"), {}
    step = timedelta(days=366) / 500
    for number, name in enumerate(points):
        edges = [begun + step * n + 70 * MINUTE * number for n in range(501)]
        edges = [at.replace(microsecond=0) for at in edges]
        spans[name] = [
            span
            for a, b in pairwise(edges)
            for span in (
                {"state": "down", "since": a, "until": a + 10 * MINUTE},
                {"state": "up", "since": a + 10 * MINUTE, "until": b},
            )
        ]
    return of, AvailabilityEvents.model_validate({"application": "acme.shop", "spans": spans})


def test_a_reading_survives_json() -> None:
    reading = read([DossierInUse(None, dossier())], events(), AskedTime("2026-05", None))

    assert AvailabilityReading.model_validate_json(reading.model_dump_json()) == reading
