"""The dead-man's switch's promises: silence is an alarm, and nobody is blamed for a time in which nobody could look."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from temporalio.testing import ActivityEnvironment

from activities.deadman.activities import DeadMansSwitchActivities, Switch, Switchboard, Terms, switches
from activities.monitor.store import MonitorStore
from activities.records import Records, upgrade
from activities.records.heartbeats import SourceHeartbeats
from models.alarms import Alarm, AlarmState, Disposition, Subject
from models.deadman import WatchSources
from models.dossier import Dossier
from models.dossier.monitoring import Severity
from models.errors import StoreUnavailableError, WatchUnavailableError
from tests.records.dossiers import SHOP, shop
from tests.workflows.test_alarm_handler import Desk

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PROMETHEUS = Switch("acme.shop", "prometheus")
WANTED = {PROMETHEUS: Terms(timedelta(minutes=5), Severity.CRITICAL)}


class Board:
    """A switchboard that is looked at every ten seconds, and a watch that takes every alarm."""

    def __init__(self) -> None:
        self.board = Switchboard()
        self.heartbeats: dict[str, datetime] = {}
        self.now = START
        self.told: list[str] = []

    def pass_time(self, minutes: float, *, hears: bool = False, wanted: dict[Switch, Terms] | None = None) -> list[str]:
        """What the watches are told while time passes."""
        self.told = []
        for _ in range(int(minutes * 6)):
            self.now += timedelta(seconds=10)
            if hears:
                self.heartbeats["prometheus"] = self.now
            for switch, alarm in self.board.check(WANTED if wanted is None else wanted, self.heartbeats, self.now):
                self.board.acknowledged(switch, alarm.state is AlarmState.FIRING)
                self.told.append(f"{alarm.fingerprint} {alarm.state.value}")
        return self.told


def test_a_silent_source_raises_one_alarm_and_its_heartbeat_clears_it() -> None:
    b = Board()
    assert b.pass_time(60, hears=True) == ["dead-man/prometheus cleared"]
    assert b.pass_time(4.9) == []
    assert b.pass_time(60) == ["dead-man/prometheus firing"]
    assert b.pass_time(5, hears=True) == ["dead-man/prometheus cleared"]


def test_a_watch_accepts_a_silence_that_began_before_the_last_heartbeat_was_reported() -> None:
    b, watch = Board(), Desk()
    b.pass_time(1, hears=True)
    ten_seconds = timedelta(seconds=10)
    [(_, clear)] = Switchboard().check(
        WANTED, b.heartbeats, b.now + ten_seconds
    )  # of another dead-man's switch that begins
    b.pass_time(5)
    [(_, fires)] = b.board.check(WANTED, b.heartbeats, b.now + ten_seconds)
    assert fires.since < clear.since
    assert clear.subject is Subject.SOURCES
    assert watch.take(clear, fires) == [Disposition.NOTED, Disposition.OPENED]


def test_a_source_without_any_heartbeat_gets_its_full_time() -> None:
    b = Board()
    assert b.pass_time(5) == []
    assert b.pass_time(1) == ["dead-man/prometheus firing"]


def test_after_everything_was_down_each_source_is_given_its_full_time() -> None:
    b = Board()
    b.pass_time(10, hears=True)
    b.now += timedelta(hours=8)
    assert b.pass_time(5) == []
    assert b.pass_time(1, hears=True) == []
    b.now += timedelta(hours=8)
    assert b.pass_time(6) == ["dead-man/prometheus firing"]


def test_alarms_of_an_earlier_switch_are_cleared_and_those_of_silent_sources_stay() -> None:
    b = Board()
    b.heartbeats["prometheus"] = START - timedelta(hours=1)
    assert b.pass_time(4) == []
    assert b.pass_time(1, hears=True) == ["dead-man/prometheus cleared"]


def test_a_source_taken_out_of_the_dossier_is_no_longer_missed() -> None:
    b = Board()
    assert b.pass_time(6) == ["dead-man/prometheus firing"]
    assert b.pass_time(6, wanted={}) == ["dead-man/prometheus cleared"]


def dossier() -> Dossier:
    raw: dict[str, Any] = deepcopy(SHOP)
    raw["monitoring"]["sources"] = {"prometheus": {"silent_after": "5m", "severity": "warning"}}
    return Dossier.model_validate(raw)


def test_a_dossier_names_its_sources_and_the_monitors_of_its_sites() -> None:
    found = switches(dossier())
    assert found[PROMETHEUS] == Terms(timedelta(minutes=5), Severity.WARNING)
    monitors = {s.source: t.silent_after for s, t in found.items() if s.source.startswith("monitor.")}
    assert monitors
    assert min(monitors.values()) >= timedelta(minutes=2)


def test_signs_are_kept_seldom_and_the_latest_counts(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/r.db"
    upgrade(url)
    records = Records(url)
    clock = [0.0]
    heartbeats = SourceHeartbeats(records.database, lambda: clock[0])
    heartbeats.note("prometheus", START)
    heartbeats.note("prometheus", START + timedelta(seconds=1))
    assert heartbeats.all() == {"prometheus": START}
    clock[0] = 5
    heartbeats.note("prometheus", START + timedelta(seconds=5))
    MonitorStore(records.database).add_samples(
        [{"point": "p", "at": START, "seen": "ok", "value": None, "latency_ms": None}], "dc"
    )
    assert heartbeats.all() == {"prometheus": START + timedelta(seconds=5), "monitor.dc": START}
    records.close()


class OneDossier:
    def __init__(self) -> None:
        self.found = dossier()

    def current(self) -> dict[str, str]:
        return {self.found.id: self.found.digest}

    def dossier(self, digest: str) -> Dossier:
        return self.found


class Watches:
    """Refuses the first time."""

    def __init__(self) -> None:
        self.alarms: list[Alarm] = []
        self.refused = 0

    async def report(self, alarms: Sequence[Alarm]) -> None:
        if not self.refused:
            self.refused += 1
            raise WatchUnavailableError("the watch is away")
        self.alarms += alarms


async def test_the_activity_checks_repeats_undelivered_alarms_and_survives_an_outage_of_the_records() -> None:
    checks = 0

    def heartbeats() -> dict[str, datetime]:
        nonlocal checks
        checks += 1
        if checks == 1:
            raise StoreUnavailableError("the records are away")
        return {"prometheus": datetime.now(UTC)}

    watches = Watches()
    switch = DeadMansSwitchActivities(OneDossier(), heartbeats, watches, check_every=timedelta(milliseconds=20))
    environment = ActivityEnvironment()
    beats: list[Any] = []
    environment.on_heartbeat = lambda beat: beats.append(beat)
    beat = await environment.run(switch.watch_sources, WatchSources(lasts=timedelta(seconds=1)))
    assert [(a.fingerprint, a.state) for a in watches.alarms] == [("dead-man/prometheus", AlarmState.CLEARED)]
    assert "records are away" in beats[0].fault
    assert (beat.fault, beat.sources, beat.silent) == ("", len(switches(shop())) + 1, [])
