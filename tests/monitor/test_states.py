"""What a site's monitor remembers, and what a watch has to be told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from activities.monitor.faults import restored
from activities.monitor.states import NO_LONGER_WATCHED, SiteStates
from activities.monitor.store import StateValues
from models.alarms import AlarmState
from models.dossier.monitoring import Severity
from models.probes import Sample, Seen
from tests.monitor.dossiers import plan, point

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
REPEAT = timedelta(minutes=5)


class Site:
    """The states of a site, its rows in a dictionary, and a watch that acknowledges what it is told."""

    def __init__(self, rows: dict[str, StateValues] | None = None) -> None:
        self.rows = rows or {}
        self.states = SiteStates("stockholm", [restored(row, None) for row in self.rows.values()])
        self.told: list[tuple[float, str, str]] = []
        self.details: list[str] = []

    def see(self, seconds: float, seen: str, name: str = "page") -> None:
        at = START + timedelta(seconds=seconds)
        self.states.take(Sample(point=f"acme.shop.{name}", at=at, seen=Seen(seen), detail=f"it {seen}"), seconds)

    def save(self) -> None:
        rows, gone = self.states.to_save()
        self.rows |= {row["key"]: row for row in rows}
        for key in gone:
            self.rows.pop(key, None)
        self.states.saved(gone, True)

    def tell(self, seconds: float) -> list[tuple[float, str, str]]:
        """Let the watch hear all that it is owed; the new messages."""
        wall, before = START + timedelta(seconds=seconds), len(self.told)
        for fault in list(self.states.due(wall, seconds, REPEAT, 0)):
            for state in fault.due_states(wall, REPEAT):
                assert fault.fault_since
                alarm = fault.alarm(state, wall)
                self.told.append(((alarm.since - START).total_seconds(), alarm.fingerprint, state.value))
                self.details.append(alarm.detail)
                fault.acknowledge(state, fault.fault_since, wall)
                self.states.acknowledged(fault, seconds)
        return self.told[before:]

    def follow(self, seconds: float = 0, /, **points: object) -> None:
        self.states.follow(plan(dict(points)), START + timedelta(seconds=seconds), seconds)


PAGE = {"thresholds": {"down": {"duration": "60s"}}, "every": "30s"}
FIRED = (0.0, "embedded/page/down", "firing")
CLEARED = (0.0, "embedded/page/down", "cleared")


def fired() -> Site:
    site = Site()
    site.follow(page=point(**PAGE))
    for seconds in (0, 30, 60):
        site.see(seconds, "failed")
    return site


def test_a_fault_is_reported_once_and_its_end_once() -> None:
    site = fired()
    assert site.tell(60) == [FIRED]
    assert site.tell(61) == []
    site.see(90, "ok")
    assert site.tell(90) == [CLEARED]
    assert site.tell(1000) == []


def test_a_lasting_fault_is_reported_again_with_the_same_beginning() -> None:
    site = fired()
    site.tell(60)
    assert site.tell(359) == []
    assert site.tell(360) == [FIRED]


def test_a_fault_that_came_and_went_while_the_watch_was_down_is_reported_with_beginning_and_end() -> None:
    site = fired()
    site.see(90, "ok")
    assert site.tell(100) == [FIRED, CLEARED]
    assert site.tell(1000) == []


def test_a_second_fault_replaces_a_clearing_that_was_not_delivered() -> None:
    site = fired()
    site.tell(60)
    for seconds, seen in ((90, "ok"), (120, "failed"), (150, "failed"), (180, "failed")):
        site.see(seconds, seen)
    assert site.tell(200) == [(120.0, "embedded/page/down", "firing")]


def test_an_acknowledgement_of_an_older_fault_is_not_one_of_the_new() -> None:
    site = fired()
    (fault,) = site.states.due(START, 0, REPEAT, 0)
    older = fault.fault_since
    assert older
    for seconds, seen in ((90, "ok"), (120, "failed"), (150, "failed"), (180, "failed")):
        site.see(seconds, seen)
    assert not fault.acknowledge(AlarmState.FIRING, older, START)
    assert site.tell(200) == [(120.0, "embedded/page/down", "firing")]


def test_a_restart_neither_forgets_a_firing_alarm_nor_tells_it_twice() -> None:
    site = fired()
    site.tell(60)
    site.save()
    after = Site(site.rows)
    after.follow(70, page=point(**PAGE))
    after.see(90, "failed")
    assert after.tell(90) == []
    after.see(120, "ok")
    assert after.tell(120) == [CLEARED]


def test_a_restart_before_the_acknowledgement_tells_the_same_fault() -> None:
    site = fired()
    site.save()
    after = Site(site.rows)
    after.follow(70, page=point(**PAGE))
    assert after.tell(70) == [FIRED]


def test_a_duration_under_way_survives_a_restart() -> None:
    site = Site()
    site.follow(page=point(**PAGE))
    site.see(0, "failed")
    site.save()
    after = Site(site.rows)
    after.follow(20, page=point(**PAGE))
    after.see(60, "failed")
    assert after.tell(60) == [FIRED]


def test_a_point_that_vanished_is_cleared_with_that_reason_and_forgotten() -> None:
    site = fired()
    site.tell(60)
    site.save()
    assert site.rows
    site.follow(70)
    assert site.tell(70) == [CLEARED]
    assert site.details[-1] == NO_LONGER_WATCHED
    site.save()
    assert site.rows == {}


def test_a_point_that_vanished_while_no_monitor_ran_is_cleared_too() -> None:
    site = fired()
    site.tell(60)
    site.save()
    after = Site(site.rows)
    after.follow(70)
    assert after.tell(70) == [CLEARED]


def test_a_point_that_returns_starts_with_a_new_state() -> None:
    site = fired()
    site.tell(60)
    site.follow(70)
    site.follow(75, page=point(**PAGE))
    assert site.tell(80) == [CLEARED]
    site.see(90, "failed")
    assert site.tell(90) == []
    site.save()
    assert site.rows["acme.shop.page/down"]["state"] == "pending"


def test_no_data_raises_an_alarm_of_its_own_and_leaves_the_threshold_firing() -> None:
    site = fired()
    site.tell(60)
    site.see(300, "no_data")
    site.see(360, "no_data")
    assert site.tell(360) == [FIRED, (60.0, "embedded/page/no_data", "firing")]
    assert site.details[-1] == "it no_data"
    assert (site.states.firing, site.states.without_data) == (1, 1)
    site.see(390, "failed")
    assert site.tell(390) == [(60.0, "embedded/page/no_data", "cleared")]


def test_probes_that_never_end_are_no_data_too() -> None:
    site = Site()
    site.follow(page=point(**PAGE))
    site.states.find_missing(START + timedelta(minutes=6), 360)
    assert site.tell(360) == [(0.0, "embedded/page/no_data", "firing")]
    assert "no probe ended" in site.details[-1]


def test_no_data_survives_a_restart() -> None:
    site = Site()
    site.follow(page=point(**PAGE))
    site.see(300, "no_data")
    site.tell(300)
    site.save()
    after = Site(site.rows)
    after.follow(310, page=point(**PAGE))
    after.see(330, "no_data")
    assert after.tell(330) == []
    after.see(360, "ok")
    assert after.tell(360) == [(0.0, "embedded/page/no_data", "cleared")]


def test_the_database_goes_first_but_holds_up_no_alarm() -> None:
    site = Site()
    site.follow(page=point(thresholds={"down": {}}))
    site.see(60, "failed")
    wall = START + timedelta(seconds=60)
    assert list(site.states.due(wall, 61, REPEAT, 2.0)) == []
    assert len(list(site.states.due(wall, 62, REPEAT, 2.0))) == 1
    site.save()
    assert len(list(site.states.due(wall, 60.1, REPEAT, 2.0))) == 1


def test_unsaved_samples_keep_waiting() -> None:
    site = fired()
    rows, gone = site.states.to_save()
    site.see(90, "ok")
    site.states.saved(gone, False)
    again, _ = site.states.to_save()
    assert [row["key"] for row in rows] == [row["key"] for row in again]
    assert again[0]["state"] == "ok"


def test_an_alarm_says_what_people_need() -> None:
    site = fired()
    (fault,) = site.states.due(START, 0, REPEAT, 0)
    site.see(62, "failed")
    alarm = fault.alarm(AlarmState.FIRING, START)
    assert (alarm.title, alarm.detail) == ("Shop page: failed for 1m", "it failed")
    assert (alarm.application, alarm.component, alarm.measuring_point) == ("acme.shop", "web", "page")
    assert (alarm.severity, alarm.source) == (Severity.CRITICAL, "embedded")


def test_the_longest_names_make_a_valid_alarm() -> None:
    name, threshold = "p" + "o" * 39, "t" + "h" * 39
    site = Site()
    site.follow(**{name: point(thresholds={threshold: {}})})
    site.see(0, "failed", name)
    assert site.tell(0)[0][1] == f"embedded/{name}/{threshold}"
