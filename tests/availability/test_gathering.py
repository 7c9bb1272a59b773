"""The records give all that a file of events has, so that an auditor computes the same figures from an export."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from activities.availability import AskedTime, read
from activities.availability.events_file import check_events, events_text, read_events
from activities.availability.versions import versions_of
from activities.records import Records, upgrade
from models.availability import AvailabilityReading, ClassSeconds
from models.errors import NotFoundError, UserError
from models.settings import Settings
from starter.cli import app
from tests.availability.in_records import (
    HOUR,
    NOW,
    SINCE,
    dossier,
    gathered,
    in_force,
    incident,
    lease,
    operation,
    sampled,
    write,
)
from tests.dossier.test_messages import put
from tests.dossier.written import dump

MINUTE = timedelta(minutes=1)
BEFORE = SINCE - timedelta(days=9)
MONTH = SINCE - 2 * HOUR
"""Midnight in Stockholm, when May begins there."""


def a_day(records: Records) -> None:
    """Down from 10:00 to 10:20, maintained from 20:00 to 21:00, no sample from 23:00 to 24:00 of the first day."""
    in_force(records, dossier(), BEFORE)
    sampled(records, SINCE, SINCE + 23 * HOUR, failed=(60, 61))
    sampled(records, SINCE + 24 * HOUR, NOW)
    write(records, operation(1, "maintenance", lease(SINCE + 20 * HOUR, SINCE + 21 * HOUR)))
    opened = {"at": SINCE + 10 * HOUR, "kind": "opened", "priority": "P1"}
    wait = {"at": SINCE + 10 * HOUR + 5 * MINUTE, "kind": "waiting", "party": "betalt", "note": "no connection"}
    closed = {"at": SINCE + 10 * HOUR + 15 * MINUTE, "kind": "closed"}
    write(records, incident(opened, wait, closed))


def test_the_seconds_are_those_of_the_records(records: Records) -> None:
    a_day(records)
    found = gathered(records)

    [target] = read(found.in_use, found.events, AskedTime("2026-05", None)).targets

    [period] = target.periods
    # A sample vouches for two intervals of ten minutes and the timeout of ten seconds: no data begins after that.
    no_data = 3600 - 610
    measured = period.measured
    assert (measured.since, measured.until) == (MONTH, NOW.replace(microsecond=0))
    assert measured.classes == ClassSeconds(
        not_yet_measured=2 * 3600,
        maintenance=3600,
        excused=600,
        down=600,
        no_data=no_data,
        up=36 * 3600 + 7 - 3600 - 1200 - no_data,
    )
    assert [(one.since, one.counted_seconds) for one in measured.outages] == [(SINCE + 10 * HOUR, 600)]
    assert found.unfolded == []
    assert not period.complete


def test_an_export_gives_an_auditor_equal_figures(records: Records, tmp_path: Path) -> None:
    a_day(records)
    found = gathered(records)
    asked = AskedTime("2026-05", None)
    path = tmp_path / "events.json"

    path.write_text(events_text(found.events))
    again = read_events(str(path))
    check_events(again, [dossier()], "events.json")

    assert events_text(again) == events_text(found.events)
    assert read(versions_of(again, [dossier()]), again, asked) == read(found.in_use, found.events, asked)


def test_each_version_gives_the_points_and_thresholds_of_its_time(records: Records) -> None:
    later = dossier("99 %", put("agreement/availability/front/thresholds", ["slow"]))
    in_force(records, dossier(), BEFORE)
    in_force(records, later, SINCE + 12 * HOUR)
    sampled(records, SINCE, NOW, failed=(60, 61, 100, 101))

    found = gathered(records)

    assert [one.dossier.digest for one in found.in_use] == [dossier().digest, later.digest]
    down = [span.since for span in found.events.spans["web-page"] if span.state.value == "down"]
    assert down == [SINCE + 10 * HOUR]  # the later failures are no fault of `slow`
    assert [(one.digest, one.since) for one in found.events.versions] == [
        (dossier().digest, BEFORE),
        (later.digest, SINCE + 12 * HOUR),
    ]


def test_a_blip_is_counted_on_its_day_and_is_no_down_time(records: Records) -> None:
    patient = dossier("99 %", put("monitoring/measuring_points/web-page/thresholds/down/duration", "15m"))
    in_force(records, patient, BEFORE)
    sampled(records, SINCE, NOW, failed=(60, 80))

    found = gathered(records)

    assert found.events.blips == {"web-page": {SINCE.date(): 2}}
    assert {span.state.value for span in found.events.spans["web-page"]} == {"up"}


def test_a_point_is_measured_since_its_first_sample_ever(records: Records) -> None:
    in_force(records, dossier(), BEFORE)
    sampled(records, SINCE - timedelta(days=2), SINCE - timedelta(days=1))
    sampled(records, SINCE + HOUR, NOW)

    found = gathered(records)

    assert found.events.measured_since == {"web-page": SINCE - timedelta(days=2)}
    [target] = read(found.in_use, found.events, AskedTime("2026-05", None)).targets
    assert target.periods[0].measured.classes.not_yet_measured == 0
    assert target.periods[0].measured.classes.no_data == 3 * 3600


def test_a_time_without_a_dossier_or_in_the_future_is_refused(records: Records) -> None:
    in_force(records, dossier(), SINCE)

    with pytest.raises(NotFoundError, match=r"no dossier of acme\.shop was in force in the asked time"):
        gathered(records, "2025-05")
    with pytest.raises(UserError, match="--from names a time after now, 2026-05-02 12:00 UTC; name an earlier one"):
        gathered(records, "2026-06")


def test_points_that_another_system_measures_have_no_history_here(records: Records) -> None:
    in_force(records, dossier("99 %", put("monitoring/watched_by", "central")), BEFORE)

    with pytest.raises(UserError, match=r"another system measures the points of acme\.shop, so the records have no"):
        gathered(records)


@pytest.fixture
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home whose records have a day."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    monkeypatch.setenv("DRIFTVAKT_HOME", str(home))
    url = Settings(home=home).records_url
    upgrade(url)
    made = Records(url)
    a_day(made)
    made.publish_dossier(dossier(), "ann")
    made.close()
    return tmp_path


def test_the_command_computes_the_same_from_the_records_and_from_its_export(installation: Path) -> None:
    (installation / "shop.yaml").write_text(dump(dossier().model_dump(mode="json")))
    export, times = str(installation / "events.json"), ["--from", "2026-05-01", "--to", "2026-05-02", "--json"]

    first = CliRunner().invoke(app, ["availability", "acme.shop", *times, "--export", export])
    files = ["--dossier", str(installation / "shop.yaml"), "--events", export]
    second = CliRunner().invoke(app, ["availability", *files, *times])

    assert (first.exit_code, first.stderr) == (0, "")
    assert second.stdout == first.stdout
    reading = AvailabilityReading.model_validate_json(first.stdout)
    assert reading.targets[0].periods[0].measured.classes.maintenance == 3600


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "name an application, as in acme.shop, or give --dossier and --events"),
        (("acme.shop", "--events", "e.json"), "give either an application or --dossier with --events"),
        (("--dossier", "d.yaml"), "--dossier needs --events"),
        (("--events", "e.json"), "--events needs --dossier, which says what was agreed"),
        (("--dossier", "d.yaml", "--events", "e.json", "--export", "x"), "--export writes the events of the records"),
        (("acme.shp",), "no dossier of acme.shp is published; there are acme.shop"),
        (("acme.shop", "--export", "no/such/directory/x"), "cannot be written"),
    ],
)
def test_a_wrong_command_is_one_sentence(installation: Path, arguments: tuple[str, ...], said: str) -> None:
    result = CliRunner().invoke(app, ["availability", *arguments, "--from", "2026-05"])

    assert result.exit_code in {1, 2}
    assert said in result.stderr
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""
