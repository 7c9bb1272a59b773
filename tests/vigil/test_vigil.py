"""The vigil's promises: silence is an alarm, and nobody is blamed for a time in which nobody could look."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from temporalio.testing import ActivityEnvironment

from activities.deadman.activities import Switch, Switchboard, Terms, VigilActivities, switches
from activities.deadman.signs import Signs
from activities.monitor.store import MonitorStore
from activities.records import Records, upgrade
from models.alarms import Alarm, AlarmState, Disposition, Subject
from models.dossier import Dossier
from models.dossier.monitoring import Severity
from models.errors import StoreUnavailableError, WatchUnavailableError
from models.vigil import KeepVigil
from tests.records.dossiers import SHOP, shop
from tests.workflows.test_alarm_desk import Desk

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PROMETHEUS = Switch("acme.shop", "prometheus")
WANTED = {PROMETHEUS: Terms(timedelta(minutes=5), Severity.CRITICAL)}


class Board:
    """A switchboard that is looked at every ten seconds, and a watch that takes every alarm."""

    def __init__(self) -> None:
        self.board = Switchboard()
        self.signs: dict[str, datetime] = {}
        self.now = START
        self.told: list[str] = []

    def pass_time(self, minutes: float, *, hears: bool = False, wanted: dict[Switch, Terms] | None = None) -> list[str]:
        """What the watches are told while time passes."""
        self.told = []
        for _ in range(int(minutes * 6)):
            self.now += timedelta(seconds=10)
            if hears:
                self.signs["prometheus"] = self.now
            for switch, alarm in self.board.look(WANTED if wanted is None else wanted, self.signs, self.now):
                self.board.told(switch, alarm.state is AlarmState.FIRING)
                self.told.append(f"{alarm.fingerprint} {alarm.state.value}")
        return self.told


def test_a_source_that_falls_silent_is_an_alarm_once_and_it_is_over_once_it_is_heard() -> None:
    b = Board()
    assert b.pass_time(60, hears=True) == ["dead-man/prometheus cleared"]
    assert b.pass_time(4.9) == []
    assert b.pass_time(60) == ["dead-man/prometheus firing"]
    assert b.pass_time(5, hears=True) == ["dead-man/prometheus cleared"]


def test_a_watch_takes_a_silence_that_began_before_the_vigil_said_that_the_source_is_heard_of() -> None:
    b, watch = Board(), Desk()
    b.pass_time(1, hears=True)
    ten_seconds = timedelta(seconds=10)
    [(_, clear)] = Switchboard().look(WANTED, b.signs, b.now + ten_seconds)  # of another vigil that begins
    b.pass_time(5)
    [(_, fires)] = b.board.look(WANTED, b.signs, b.now + ten_seconds)
    assert fires.since < clear.since
    assert clear.subject is Subject.SOURCES
    assert watch.take(clear, fires) == [Disposition.NOTED, Disposition.OPENED]


def test_a_source_that_was_never_heard_of_is_given_its_full_time() -> None:
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


def test_what_another_vigil_raised_is_cleared_and_what_is_silent_stays() -> None:
    b = Board()
    b.signs["prometheus"] = START - timedelta(hours=1)
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
    signs = Signs(records.database, lambda: clock[0])
    signs.note("prometheus", START)
    signs.note("prometheus", START + timedelta(seconds=1))
    assert signs.all() == {"prometheus": START}
    clock[0] = 5
    signs.note("prometheus", START + timedelta(seconds=5))
    MonitorStore(records.database).add_samples(
        [{"point": "p", "at": START, "seen": "ok", "value": None, "latency_ms": None}], "dc"
    )
    assert signs.all() == {"prometheus": START + timedelta(seconds=5), "monitor.dc": START}
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


async def test_the_activity_looks_tells_again_what_was_not_taken_and_outlives_the_records() -> None:
    looks = 0

    def signs() -> dict[str, datetime]:
        nonlocal looks
        looks += 1
        if looks == 1:
            raise StoreUnavailableError("the records are away")
        return {"prometheus": datetime.now(UTC)}

    watches = Watches()
    vigil = VigilActivities(OneDossier(), signs, watches, look_every=timedelta(milliseconds=20))
    environment = ActivityEnvironment()
    beats: list[Any] = []
    environment.on_heartbeat = lambda beat: beats.append(beat)
    beat = await environment.run(vigil.keep_vigil, KeepVigil(lasts=timedelta(seconds=1)))
    assert [(a.fingerprint, a.state) for a in watches.alarms] == [("dead-man/prometheus", AlarmState.CLEARED)]
    assert "records are away" in beats[0].fault
    assert (beat.fault, beat.sources, beat.silent) == ("", len(switches(shop())) + 1, [])
