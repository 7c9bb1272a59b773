"""`driftvakt doctor` names whoever an incident could not reach from here, by which channel, and how to mend it."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from activities.records import Records
from models.dossier import Dossier
from models.settings import Settings
from starter.doctor.finding import Finding
from starter.doctor.notices import channels, reachable
from tests.cli.conftest import command
from tests.cli.test_doctor import said, verdicts
from tests.records.dossiers import SHOP

ON_CALL = {"contacts": ["ann"], "channel": "phone", "acknowledge_within": "10m"}
SECOND = {"contacts": ["bo"], "channel": "chat", "acknowledge_within": "15m"}


def dossier(policy: list[dict[str, Any]], **contacts: dict[str, Any]) -> Dossier:
    """Of acme.shop: ann has e-mail and telephone, bo a telephone."""
    data = deepcopy(SHOP)
    del data["contacts"]["anna"]
    data["parties"]["acme"] = {"name": "Acme", "kind": "customer"}
    data["contacts"]["ann"]["phone"] = "+46 8 123 45 67"
    data["contacts"]["bo"]["phone"] = "+46 8 123 45 68"
    for name, fields in contacts.items():
        data["contacts"][name] = {"name": name, "function": "x", **data["contacts"].get(name, {}), **fields}
    data["escalation"] = {"P1": policy, "P2": policy}
    return Dossier.model_validate(data)


def found(dossier: Dossier, *configured: str) -> list[str]:
    """What is said of its notices where these channels are configured."""
    settings = Settings(notice_channels=dict.fromkeys(configured, "env:ADDRESS"))
    return [_line(finding) for finding in reachable(settings, {dossier.id: dossier})]


def _line(finding: Finding) -> str:
    return f"{finding.verdict.value} {finding.check}: {finding.said}; {finding.fix}"


def test_where_all_agreed_channels_are_configured_nothing_is_wrong() -> None:
    assert found(dossier([ON_CALL, SECOND]), "phone", "chat") == [
        "ok notices acme.shop: everybody can be reached by the agreed channels; "
    ]


def test_a_level_whose_channel_is_not_configured_names_contact_channel_and_mend() -> None:
    assert found(dossier([ON_CALL])) == [
        "warning notices acme.shop: escalation P1, P2 reaches ann by phone, which is not configured; "
        "no other channel reaches them, so they are not called; "
        "give phone an address in the setting notice_channels (docs/notices.md), or write another channel on the level"
    ]


@pytest.mark.parametrize(
    ("configured", "instead"),
    [
        (["sms"], "ann, bo are notified by sms instead"),
        (["email"], "ann is notified by email instead; bo is not reached at all"),
        (["sms", "email"], "ann, bo are notified by sms instead"),
    ],
)
def test_the_replacement_channel_is_named(configured: list[str], instead: str) -> None:
    [line] = found(dossier([ON_CALL | {"contacts": ["ann", "bo"]}]), *configured)
    assert f"which is not configured; {instead}; give phone" in line


def test_a_chat_of_their_own_needs_no_common_room() -> None:
    assert len(found(dossier([SECOND]), "sms")) == 1
    [line] = found(dossier([SECOND], bo={"party": "us", "chat": "env:BO"}), "sms")
    assert line.startswith("ok")


def test_customers_who_cannot_be_written_to_are_named() -> None:
    karin = {"party": "acme", "email": "karin@acme.example"}
    [line] = found(dossier([ON_CALL], karin=karin), "phone")
    assert line.startswith("warning notices acme.shop: karin cannot be notified: email not configured; give email an")
    [line] = found(dossier([ON_CALL], karin=karin), "phone", "email")
    assert line.startswith("ok")


def test_an_address_that_cannot_be_read_is_named_and_never_shown(home: Path) -> None:
    (home / "mail-url").write_text("mailtos://drift:hunter2@smtp.example")
    (home / "mail-url").chmod(0o644)
    settings = Settings(
        home=home, notice_channels={"email": "file:mail-url", "sms": "file:sms-url", "chat": "env:UNSET_CHAT"}
    )
    open_to_all, missing, unset = [_line(finding) for finding in channels(settings)]
    (home / "mail-url").chmod(0o600)
    closed, *_ = [_line(finding) for finding in channels(settings)]

    assert f"can be read by others; chmod 600 {home / 'mail-url'}" in open_to_all
    assert missing.startswith(f"warning channel sms: file:{home / 'sms-url'}: cannot be read")
    assert missing.endswith("put its Apprise URL there, or correct notice_channels.sms")
    assert unset.startswith("warning channel chat: env:UNSET_CHAT: this environment variable is not set")
    assert closed.startswith("ok channel email: its address can be read")
    assert "hunter2" not in open_to_all + closed


def test_a_worker_that_only_serves_sites_sends_no_notices_and_is_not_blamed() -> None:
    settings = Settings(workflow_worker=False, notice_channels={"email": "file:nowhere"})
    assert [*channels(settings), *reachable(settings, {"acme.shop": dossier([ON_CALL])})] == []


def test_the_doctor_reports_it_for_published_dossiers(records: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIFTVAKT_NOTICE_CHANNELS", '{"email": "env:MAIL_URL"}')
    records.publish_dossier(dossier([ON_CALL]), "ann")

    result = command("doctor", "--json")

    assert verdicts(result)["notices acme.shop"] == "warning"
    assert said(result, "notices acme.shop").startswith(
        "escalation P1, P2 reaches ann by phone, which is not configured; ann is notified by email instead; give phone"
    )
    assert verdicts(result)["channel email"] == "warning"
