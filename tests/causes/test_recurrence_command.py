"""`driftvakt problem recurrence`: what came back, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from activities.records import Records, upgrade
from models.dossier.load import read_dossier
from models.records import WriteRecords
from models.settings import Settings
from starter.cli import app
from tests.dossier.written import EXAMPLES
from tests.records.test_past_incidents import alarm, incident


@pytest.fixture
def records(home: Path) -> Iterator[Records]:
    settings = Settings()
    upgrade(settings.records_url)
    records = Records(settings.records_url)
    records.publish_dossier(read_dossier(EXAMPLES / "acme" / "shop.yaml"), "anna")
    numbers = [1, 2, 3, 5]
    alarms = [alarm(n, n, "embedded/db-up" if n < 5 else "embedded/db-disk", "db") for n in numbers]
    records.write(WriteRecords(incidents=[incident(n) for n in numbers], alarms=alarms))
    yield records
    records.close()


def recurrence(*arguments: str) -> Result:
    result = CliRunner().invoke(app, ["problem", "recurrence", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def test_a_person_reads_what_came_back_and_why_its_cause_has_to_be_found(records: Records) -> None:
    result = recurrence("acme.shop", "--at", "2026-11-30T00:00:00Z")

    lines = result.output.splitlines()
    assert result.exit_code == 0
    assert lines[0] == "4 incidents of acme.shop, 2026-10-31 to 2026-11-30"
    assert lines[2].startswith("db: The database does not answer  ")
    assert lines[3:] == [
        "  why      The same fault came back: 3 incidents on 3 days; agreed are 3 incidents on 2 days within 30d.",
        "  days     2026-11-10, 2026-11-11, 2026-11-12",
        "  open     36m in all",
        "  exact    acme.shop.1, acme.shop.2, acme.shop.3",
        "  similar  acme.shop.5: the same remedy helped: database/restart-db",
        "",
        "Came back, but less often than agreed:",
        "  db: The database does not answer: 1 incident on 1 day, 3 similar incidents",
    ]


def test_a_program_gets_the_same(records: Records) -> None:
    found = json.loads(recurrence("acme.shop", "--at", "2026-11-30T00:00:00Z", "--json").output)

    [one] = found["candidates"]
    assert [i["id"] for i in one["incidents"]] == ["inc.acme.shop.1", "inc.acme.shop.2", "inc.acme.shop.3"]
    assert [r["reason"] for r in one["reasons"]] == ["recurrence"]
    assert found["time_zone"] == "Europe/Stockholm"


def test_a_quiet_month_says_so(records: Records) -> None:
    assert recurrence("acme.shop", "--at", "2027-06-01T00:00:00Z").output.splitlines() == [
        "0 incidents of acme.shop, 2027-05-02 to 2027-06-01",
        "By the agreement, no cause has to be found.",
    ]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["acme.shop", "--at", "yesterday"], "--at 'yesterday' is not a time"),
        (["acme.shop", "--at", "2026-11-30"], "--at '2026-11-30' has no time zone"),
        (["acme.nosuch"], "acme.nosuch"),
    ],
)
def test_a_wrong_input_is_refused_in_one_sentence(records: Records, given: list[str], said: str) -> None:
    result = recurrence(*given)

    assert result.exit_code == 2
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1
