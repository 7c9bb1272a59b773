"""`driftvakt alarm`: what a person raises and clears by hand reaches the watch, and a mistake is said in a sentence."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from activities.records import Records, upgrade
from models.alarms import AlarmState
from models.errors import SettingsError, TemporalUnavailableError
from models.settings import Settings
from starter.alarm.commands import app
from starter.connection.temporal import client_options, connect
from tests.intake.test_real import Installation, reported, watching
from tests.ports import free_ports
from tests.records.dossiers import shop
from tests.servers import TemporalServer, real_server

_ROOT = Path(__file__).parents[2]


@pytest.fixture
def published(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home whose records know acme.shop, and whose Temporal is away."""
    for name in [n for n in os.environ if n.startswith("TEMPORAL_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("DRIFTVAKT_TEMPORAL_PORT", str(free_ports(1)[0]))
    settings = Settings()
    upgrade(settings.records_url)
    records = Records(settings.records_url)
    records.publish_dossier(shop(), "ann")
    records.close()
    return home


@pytest.fixture
def server(published: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TemporalServer]:
    with real_server(published / "temporal") as running:
        monkeypatch.setenv("DRIFTVAKT_TEMPORAL_PORT", str(running.settings.temporal_port))
        yield running


async def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, so that how it leaves the interpreter is seen, too."""
    program = "from starter.alarm.commands import app; app()"
    command = [sys.executable, "-c", program, *arguments]
    return await asyncio.to_thread(subprocess.run, command, cwd=_ROOT, capture_output=True, text=True, timeout=60)


async def test_an_alarm_raised_by_hand_is_in_the_watch_until_it_is_cleared(server: TemporalServer) -> None:
    async with watching(Installation(server, server.settings)) as client:
        raised = await run("raise", "acme.shop", "--component", "web", "--title", "Cannot pay", "--by", "ann", "--json")
        assert raised.returncode == 0, raised.stderr
        receipt = json.loads(raised.stdout)
        assert (receipt["application"], receipt["disposition"]) == ("acme.shop", "opened")
        cleared = await run("clear", "acme.shop", "--fingerprint", receipt["fingerprint"], "--by", "ann")
        assert cleared.returncode == 0, cleared.stderr
        [first, second] = await reported(client)
        assert (first.component, first.title, first.source, first.state) == (
            "web",
            "Cannot pay",
            "ann@example.com",
            AlarmState.FIRING,
        )
        assert (second.fingerprint, second.state) == (receipt["fingerprint"], AlarmState.CLEARED)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["acme.nowhere"], "no dossier of acme.nowhere is published; there are acme.shop"),
        (["Nonsense"], "no dossier of Nonsense is published; there are acme.shop"),
        (["acme.shop", "--severity", "dire"], "--severity: 'dire' is none of critical, warning, info"),
        (["acme.shop", "--component", "No Name"], "acme.shop has no component 'No Name'; it has "),
        (["acme.shop"], "Temporal does not answer at 127.0.0.1:"),
    ],
)
@pytest.mark.usefixtures("published")
def test_a_mistake_is_said_in_one_sentence(arguments: list[str], said: str) -> None:
    result = CliRunner().invoke(app, ["raise", *arguments, "--by", "ann"])
    assert result.exit_code == 1
    assert result.stderr.startswith(said)
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.usefixtures("published")
async def test_the_environment_of_temporal_names_the_cluster_unless_a_setting_of_ours_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", "cluster.example:7233")
    monkeypatch.setenv("TEMPORAL_NAMESPACE", "theirs")
    assert client_options(Settings()) == {"target_host": "cluster.example:7233", "namespace": "theirs"}
    ours = Settings(temporal_address="ours.example:7233", temporal_namespace="mine")
    assert client_options(ours) == {"target_host": "ours.example:7233", "namespace": "mine"}


@pytest.mark.usefixtures("published")
async def test_without_it_the_embedded_server_is_meant() -> None:
    settings = Settings()
    expected = {"target_host": f"127.0.0.1:{settings.temporal_port}", "namespace": "default"}
    assert client_options(settings) == expected
    with pytest.raises(TemporalUnavailableError, match="driftvakt up"):
        await connect(settings)
    await connect(settings, lazy=True)


@pytest.mark.usefixtures("published")
async def test_a_profile_that_cannot_be_read_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "temporal.toml").write_text("[")
    monkeypatch.setenv("TEMPORAL_CONFIG_FILE", str(tmp_path / "temporal.toml"))
    with pytest.raises(SettingsError, match="profile"):
        await connect(Settings())
