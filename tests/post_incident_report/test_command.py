"""`driftvakt incident report`: what it prints, what it writes, and what it says to whoever asks for too much."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from sqlmodel import select
from typer.testing import CliRunner, Result

from activities.post_incident_report import PostIncidentReports
from activities.records import Records, upgrade
from models.records import WriteRecords
from models.settings import Settings
from models.tables import PostIncidentReportRow
from starter.incident.commands.reporting import report
from tests.post_incident_report.midsummer import ID, dossier, events, incident, keep, order


def command(*arguments: str) -> Result:
    app = typer.Typer()
    app.command()(report)
    result = CliRunner().invoke(app, list(arguments))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.fixture
def installed(home: Path) -> Iterator[Records]:
    """Records of an installation, with the incident and its post-incident report."""
    settings = Settings()
    upgrade(settings.records_url)
    records = Records(settings.records_url)
    records.publish_dossier(dossier(), "ann")
    keep(records)
    PostIncidentReports(records).write(order())
    yield records
    records.close()


def test_the_command_prints_the_report_byte_by_byte(installed: Records) -> None:
    row = PostIncidentReports(installed).read(ID)
    printed = command("acme.shop.17").stdout_bytes
    assert hashlib.sha256(printed).hexdigest() == row.digest
    assert command("17", "--application", "acme.shop").stdout_bytes == printed
    assert command("acme.shop.17", "--version", "1", "--html").stdout_bytes == row.html.encode()


def test_it_writes_a_file_and_says_what_it_wrote(installed: Records, tmp_path: Path) -> None:
    file = tmp_path / "report.md"
    result = command("acme.shop.17", "--output", str(file))
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert result.stdout == ""
    assert result.stderr.strip() == f"wrote the post-incident report, version 1, digest {digest}, to {file}"


def test_json_holds_all_of_it(installed: Records) -> None:
    told = json.loads(command("acme.shop.17", "--json").stdout)
    assert (told["standpoint"], told["version"], told["incident"]) == ("final", 1, ID)
    assert told["markdown"].startswith("# Post-incident report")


def test_the_customers_copy_comes_in_their_language_or_another(installed: Records) -> None:
    assert command("acme.shop.17", "--customer").stdout.startswith("# Incidentrapport")
    assert command("acme.shop.17", "--customer", "--language", "en").stdout.startswith("# Post-incident report")


def test_verify_tells_what_was_changed_and_fails(installed: Records) -> None:
    well = command("acme.shop.17", "--verify")
    assert (well.exit_code, "is unchanged; digest" in well.stdout) == (0, True)
    with installed.database.writing() as session:
        session.exec(select(PostIncidentReportRow)).one().markdown += "all went well"
    failing = command("acme.shop.17", "--verify")
    assert (failing.exit_code, "was CHANGED after it was written" in failing.stdout) == (1, True)
    told = json.loads(command("acme.shop.17", "--verify", "--json").stdout)
    assert (told["sound"], len(told["faults"])) == (False, 1)


def test_an_open_incident_is_marked_preliminary(installed: Records, tmp_path: Path) -> None:
    still = incident(state="verifying", closed_at=None, clock=events()[:5], reopened=1)
    installed.write(WriteRecords(incidents=[still]))
    assert "Preliminary" in command("acme.shop.17").stdout
    assert "preliminary" in command("acme.shop.17", "-o", str(tmp_path / "x.md")).stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nonsense"], "is not an incident"),
        (["acme.shop.99"], "there is no incident acme.shop.99"),
        (["acme.shop.99", "--customer"], "there is no incident acme.shop.99"),
        (["acme.shop.17", "--version", "3"], "no post-incident report of version 3; it has 1"),
        (["acme.shop.17", "--language", "sv"], "add --customer"),
        (["acme.shop.17", "--customer", "--language", "no"], "there is no language 'no'; choose one of en, sv"),
        (["acme.shop.17", "--customer", "--version", "1"], "leave --version out"),
        (["acme.shop.17", "--verify", "--customer"], "leave --customer and --output out"),
    ],
)
def test_a_wrong_argument_is_reported_in_one_sentence(installed: Records, arguments: list[str], said: str) -> None:
    result = command(*arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1
