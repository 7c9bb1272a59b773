"""`driftvakt history`: the days of an application, or of one point."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from activities.history.days import A_DAY
from activities.records import Records, upgrade
from models.dossier.monitoring import Source
from models.history import PointSpan, SpanState
from models.settings import Settings
from models.tables import CurrentDossier
from starter.cli import app
from starter.history.course import CHARACTERS, NOT_MEASURED, PARTS, PointCourse
from starter.history.each import Each
from tests.history.kept import DISK, FIRST, PAGE, fold, in_force, row, rows, shop, slipped_in

SECOND = FIRST + A_DAY
DAYS = ["--from", "2026-03-01", "--to", "2026-03-02"]


@pytest.fixture
def records(home: Path) -> Iterator[Records]:
    settings = Settings()
    upgrade(settings.records_url)
    records = Records(settings.records_url)
    both = shop(page={}, disk={"unit": "%", "thresholds": {"full": {"when": "value > 90"}}})
    in_force(records.database, both)
    with records.database.writing() as session:
        session.add(CurrentDossier(application=both.id, digest=both.digest))
    slipped_in(records.database, rows(FIRST, SECOND + A_DAY / 2, failed=[6, 7, 8]))
    samples = [{**row(FIRST + n * timedelta(minutes=10), name=DISK), "value": float(n)} for n in range(288)]
    slipped_in(records.database, samples)  # type: ignore[arg-type]  # they are whole
    fold(records.database, SECOND + A_DAY + timedelta(hours=2))
    yield records
    records.close()


def command(*arguments: str) -> Result:
    result = CliRunner().invoke(app, ["history", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def said(*arguments: str) -> list[str]:
    """The lines of the answer, with single spaces."""
    return [" ".join(line.split()) for line in command("acme.shop", *arguments).stdout.splitlines()]


def test_each_day_of_a_point_has_its_course_and_figures(records: Records) -> None:
    assert said("page", *DAYS) == [
        "acme.shop 2026-03-01 00:00 to 2026-03-03 00:00 UTC",
        "day (UTC) hours up down no data blips mean p95 max unit",
        "2026-03-01 .#...................... 97.91 % 30m - - 20 20 20 ms latency",
        "2026-03-02 ............???????????? 50.70 % - 11h49m - 20 20 20 ms latency",
        "Each character stands for 1h: # down for some of it, ? no data for some of it, . up for all of it, - not to be measured",
    ]


def test_an_application_shows_a_line_for_each_point(records: Records) -> None:
    assert said(*DAYS)[1:4] == [
        "point course up down no data faults last fault",
        "disk .......################# 31.59 % 1d8h - 1 2026-03-01 15:10",
        "page #.................?????? 74.30 % 30m 11h49m 1 2026-03-01 01:00",
    ]


def test_each_hour_of_a_part_of_a_day(records: Records) -> None:
    assert said("page", "--each", "hour", "--from", "2026-03-01T00:30:00Z", "--to", "2026-03-01T02:00:00Z")[1:] == [
        "hour (UTC) up down no data samples failed min mean max unit",
        "2026-03-01 00:00 100.00 % - - 6 - 20 20 20 ms latency",
        "2026-03-01 01:00 50.00 % 30m - 6 3 20 20 20 ms latency",
    ]


def test_each_span_of_a_point(records: Records) -> None:
    assert said("page", "--each", "span", *DAYS)[1:] == [
        "state from (UTC) to (UTC) lasted",
        "up 2026-03-01 00:00:00 2026-03-01 01:00:00 1h",
        "down 2026-03-01 01:00:00 2026-03-01 01:30:00 30m",
        "up 2026-03-01 01:30:00 2026-03-02 12:10:05 1d10h",
        "no data 2026-03-02 12:10:05 2026-03-03 00:00:00 11h49m",
    ]


def test_several_points_have_their_names_on_every_line(records: Records) -> None:
    shown = [line.split() for line in said("--each", "day", *DAYS)[2:-1]]
    assert [(line[0], line[1], line[-1]) for line in shown] == [
        ("disk", "2026-03-01", "%"),
        ("disk", "2026-03-02", "%"),
        ("page", "2026-03-01", "latency"),
        ("page", "2026-03-02", "latency"),
    ]


def test_json_has_seconds_and_every_percentile(records: Records) -> None:
    [first, _] = json.loads(command("acme.shop", "disk", *DAYS, "--json").stdout)
    assert (first["watched_s"], first["up_s"], first["down_s"], first["no_data_s"]) == (86_400, 54_600, 31_800, 0)
    assert first["value"] == {
        "count": 144,
        "min": 0.0,
        "mean": 71.5,
        "max": 143.0,
        "p50": 71.0,
        "p95": 136.0,
        "p99": 142.0,
        "last": 143.0,
    }


@pytest.mark.parametrize("each", Each)
def test_the_seconds_of_all_lines_agree_with_each_other(records: Records, each: Each) -> None:
    lines = json.loads(command("acme.shop", "--each", each, *DAYS, "--json").stdout)

    down: dict[str, int] = {}
    for line in lines:
        seconds = line["lasted_s"] * (line["state"] == "down") if each is Each.SPAN else line["down_s"]
        down[line["point"]] = down.get(line["point"], 0) + seconds

    assert down == {DISK: 118_200, PAGE: 1_800}


def test_without_a_period_it_shows_the_last_time_until_now(records: Records) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    slipped_in(records.database, rows(now - timedelta(hours=3), now))

    [_, page] = json.loads(command("acme.shop", "--json").stdout)
    days = json.loads(command("acme.shop", "page", "--json").stdout)

    assert page["up_s"] >= 3 * 3600 - 600
    assert page["down_s"] == 0
    assert len(days) in {7, 8}  # midnight may have passed in between


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["acme.shop", "pages", *DAYS], "acme.shop had no measuring point pages in this time; it had disk, page"),
        (["acme.nothing"], "no dossier of acme.nothing is published; there are acme.shop"),
        (["acme.shop", "--from", "March"], "--from 'March' names no time; write a year, a quarter, a month, a day or"),
        (["acme.shop", "--from", "2026-03-02", "--to", "2026-03-01"], "--to 2026-03-01 does not end after --from"),
        (["acme.shop", "--to", "2026-03-01"], "--to needs --from; name the first month, day or moment, too"),
        (["acme.shop", "--from", "2150-01"], "--from names a time after now, "),
        (
            ["acme.shop", "--from", "2026-01"],
            "no dossier of acme.shop was in force in this time; the first one came into force at 2026-02-28 00:00 UTC",
        ),
    ],
)
def test_a_wrong_input_gets_one_sentence(records: Records, given: list[str], said: str) -> None:
    result = command(*given)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(said)
    assert result.stderr.count("\n") == 1


def test_no_measurements_are_explained(records: Records) -> None:
    before = command("acme.shop", "--from", "2026-02-28")
    assert (before.exit_code, before.stdout) == (
        0,
        "nothing was measured from 2026-02-28 00:00 to 2026-03-01 00:00 UTC; the first measurement that is kept is of "
        "2026-03-01 00:00 UTC\n",
    )
    assert json.loads(command("acme.shop", "--from", "2026-02-28", "--json").stdout) == []


def test_points_of_another_system_have_their_history_there(records: Records) -> None:
    embedded = shop(page={})
    there = embedded.monitoring.model_copy(update={"watched_by": Source.CENTRAL})
    in_force(records.database, embedded.model_copy(update={"monitoring": there}), SECOND + 3 * A_DAY)

    shown = command("acme.shop", "--from", "2026-03-08").stdout

    assert shown.endswith(": another system measures the points of acme.shop, and has their history\n")


def test_a_day_that_cannot_be_folded_is_named_on_stderr(records: Records) -> None:
    spoilt = shop(page={"every": "5m"})
    in_force(records.database, spoilt, SECOND + A_DAY, monitoring={"measuring_points": "none"})
    slipped_in(records.database, rows(SECOND + A_DAY, SECOND + 2 * A_DAY))
    fold(records.database, SECOND + 2 * A_DAY + timedelta(hours=2))

    result = command("acme.shop", "page", "--from", "2026-03-01", "--to", "2026-03-03", "--json")

    assert [line["day"] for line in json.loads(result.stdout)] == ["2026-03-01", "2026-03-02"]
    assert result.stderr.startswith("acme.shop.page has no data on 2026-03-03 (UTC): ")


@given(st.lists(st.tuples(st.sampled_from(SpanState), st.integers(1, 5_000), st.booleans()), max_size=12))
def test_a_character_stands_for_the_worst_state_of_its_part(pieces: list[tuple[SpanState, int, bool]]) -> None:
    """Against every second, one by one."""
    spans, at, states = [], FIRST, list[SpanState | None]()
    for state, lasted, there in pieces:
        span = PointSpan(point=PAGE, state=state, since=at, until=at + timedelta(seconds=lasted))
        spans += [span] if there else []
        states += [state if there else None] * lasted
        at = span.until
    whole = len(states) // PARTS * PARTS
    if not whole:
        return
    until, part = FIRST + timedelta(seconds=whole), whole // PARTS

    shown = PointCourse(spans).characters(FIRST, until)

    for n, character in enumerate(shown):
        seen = set(states[n * part : (n + 1) * part]) - {None}
        assert character == next((c for state, c in CHARACTERS.items() if state in seen), NOT_MEASURED)
    assert PointCourse(spans).seconds(FIRST, until) == {state: states[:whole].count(state) for state in SpanState}
