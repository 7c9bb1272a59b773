"""`driftvakt up` in a process of its own, whose parts can be killed, and a monitoring system that tells it of faults."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx

from models.settings import Settings
from tests.chaos.fleet import Fleet


class Installation:
    """`driftvakt up` in a process of its own."""

    def __init__(self, settings: Settings, dossiers: Path) -> None:
        self.settings = settings
        environment = {
            "DRIFTVAKT_HOME": str(settings.home),
            **{
                f"DRIFTVAKT_{name.upper()}": str(getattr(settings, name))
                for name in ("temporal_port", "temporal_ui_port", "temporal_metrics_port", "intake_port")
            },
        }
        self.log = settings.home.parent / "up.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "starter.cli", "up", str(dossiers)],
                env={**os.environ, **environment},
                stdout=log,
                stderr=log,
            )

    def until_running(self, within: float = 90) -> None:
        """Wait until everything serves and the dossiers are published."""
        end = time.monotonic() + within
        while b"Running;" not in self.log.read_bytes():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < end, self.log.read_text()
            time.sleep(0.1)

    def kill_part(self, name: str) -> bool:
        """Kill one of its processes at once; false when it is dead already, and being started again."""
        try:
            os.kill(int((self.settings.home / "run" / f"{name}.pid").read_text()), signal.SIGKILL)
        except (ProcessLookupError, FileNotFoundError):
            return False
        return True

    def stop(self) -> None:
        """Stop it as Ctrl-C would."""
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise


async def tell_until_healthy(
    client: httpx.AsyncClient, url: str, token: str, fleet: Fleet, name: tuple[str, str]
) -> dict[str, str]:
    """Raise an alarm as a monitoring system would, and take it back when the component is up again; the first receipt."""
    application, component = name
    alarm = {
        "application": application,
        "component": component,
        "measuring_point": f"{component}-up",
        "title": f"{component} is down",
        "fingerprint": f"{application}/{component}",
        # The same each time it is sent: a sender that gets no answer says the same thing again.
        "since": datetime.now(UTC).isoformat(),
    }
    receipt = await _until_taken(client, url, token, alarm)
    while not fleet.up(name).exists():
        await asyncio.sleep(0.5)
    await _until_taken(client, url, token, alarm | {"state": "cleared"})
    return receipt


async def _until_taken(client: httpx.AsyncClient, url: str, token: str, message: dict[str, str]) -> dict[str, str]:
    """Send a message again and again, until it is acknowledged."""
    while True:
        try:
            answer = await client.post(url, json=message, headers={"Authorization": f"Bearer {token}"})
            if answer.status_code == 200:
                [receipt] = answer.json()["receipts"]
                return dict(receipt)
        except httpx.HTTPError:
            pass
        await asyncio.sleep(0.3)
