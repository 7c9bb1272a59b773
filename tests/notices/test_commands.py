"""`driftvakt notice`: a test message, and what was sent to whom."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from activities.records import Records
from models.records import IncidentRecord, WriteRecords
from models.settings import Settings
from starter.cli import app
from tests.notices.conftest import make_records, make_sender
from tests.notices.dossiers import dossier, notice
from tests.notices.servers import Mailbox, mail_server


def command(*arguments: str) -> Result:
    result = CliRunner().invoke(app, ["notice", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.fixture
def published(home: Path) -> Records:
    return make_records(Settings().records_url, dossier())


def configure(home: Path, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "mail-url").write_text(mailbox.url())
    monkeypatch.setenv("DRIFTVAKT_NOTICE_CHANNELS", '{"email": "file:mail-url"}')


def test_a_test_message_is_sent_and_told(published: Records, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with mail_server(Mailbox()) as mailbox:
        configure(home, mailbox, monkeypatch)
        result = command("test", "ann")
        as_json = command("test", "karin@acme.example", "--json")

    assert (result.exit_code, result.stdout) == (0, "Ann Ek by email: sent\n")
    assert mailbox.subjects() == ["Shop: ett prov, inget har hänt"] * 2
    assert json.loads(as_json.stdout)["deliveries"][0]["state"] == "sent"
    assert published.applications() == ["acme.shop"]


def test_a_missing_channel_is_reported_with_the_fix(published: Records) -> None:
    result = command("test", "ann", "--channel", "sms")

    assert result.exit_code == 1
    assert result.stdout == (
        "Ann Ek by sms: no-channel (the channel sms is not configured; give it an address in the setting notice_channels)\n"
    )


WRONG = [
    (["test", "nobody"], "nobody is not a contact in any published dossier"),
    (["test", "ann", "-a", "acme.other"], "no dossier of acme.other is published; there are "),
    (["list", "acme.shop.99"], "there is no incident"),
    (["list", "nonsense"], "is not an incident"),
]


@pytest.mark.parametrize(("arguments", "said"), WRONG)
def test_wrong_input_gets_a_sentence(published: Records, arguments: list[str], said: str) -> None:
    result = command(*arguments)

    assert result.exit_code == 1
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_secret_in_the_settings_is_refused_without_repeating_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIFTVAKT_NOTICE_CHANNELS", '{"email": "mailto://u:c4nary@mail.example"}')

    result = command("test", "ann")

    assert result.exit_code == 1
    assert "email is given as env:NAME or file:PATH" in result.stderr
    assert "c4nary" not in result.output + result.stderr


def test_sent_notices_are_listed(published: Records, home: Path) -> None:
    opened = datetime.now(UTC)
    record = IncidentRecord(
        id="inc.acme.shop.17",
        application="acme.shop",
        number=17,
        title="Down",
        state="open",
        components=[],
        dossier="",
        opened_at=opened,
        opened_by="alarm",
        run="run",
    )
    published.write(WriteRecords(incidents=[record]))
    before = command("list", "acme.shop.17")
    make_sender(published, home).send(notice())

    result = command("list", "17", "-a", "acme.shop")
    as_json = command("list", "acme.shop.17", "--json")

    assert before.stdout == "no notice of this incident was sent\n"
    assert "alert  P1 acme.shop.17: front-page is down on web1\n  Ann Ek by email: no-channel (" in result.stdout
    assert json.loads(as_json.stdout)[0]["finished"] is True
