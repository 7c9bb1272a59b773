"""A watch on the terminal."""

from __future__ import annotations

import pytest

from models.watch import OpenAlarm
from starter.watch.page import show_watch
from starter.watch.service import WatchView
from tests.workflows.world import alarm


def test_a_watch_lists_the_fingerprints_by_which_people_clear_alarms_of_equal_titles(
    capsys: pytest.CaptureFixture[str],
) -> None:
    held = [OpenAlarm(alarm=alarm("db", fingerprint=f"nagios/{host}", title="Disk full")) for host in ("db1", "db2")]
    show_watch(
        WatchView(
            application="acme.shop",
            dossier="d1",
            alarms=held,
            firing=2,
            incidents=[],
            next_number=1,
            opened=0,
            unrecorded=0,
        )
    )
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Disk full")]
    assert [line.split()[-1] for line in lines] == ["nagios/db1", "nagios/db2"]
