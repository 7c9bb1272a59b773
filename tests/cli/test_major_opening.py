"""`driftvakt major open` refuses at once what the major incident would refuse, and opens nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import beside
from tests.cli.scripted import ANNA, BO, INCIDENT, MAJOR, incident_status, stage
from tests.servers import real_server

OPEN = ("major", "open", "acme.shop.1", "--title", "Hall is dark", "--by", ANNA)


@pytest.mark.usefixtures("records")
async def test_one_incident_is_not_led_twice_nor_by_who_may_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with real_server(tmp_path) as server:
        monkeypatch.setenv("DRIFTVAKT_TEMPORAL_PORT", str(server.settings.temporal_port))
        async with stage(await server.client()) as on:
            led = await beside(*OPEN)
            await on.start("incident", INCIDENT, incident_status(major=None, leaders=[ANNA, BO]))
            wrong = await beside(*OPEN, "--lead", "nobody@x.example")
            right = await beside(*OPEN, "--lead", BO)

    assert (led.exit_code, led.stderr) == (1, f"acme.shop.1 belongs to {MAJOR}; remove it there first\n")
    assert (wrong.exit_code, wrong.stderr) == (1, f"nobody@x.example may not lead it; {ANNA}, {BO} may\n")
    assert (right.exit_code, right.stderr) == (0, "")
    assert ".1. Follow it: driftvakt major show" in right.stdout  # the first of its day: nothing was opened before it
