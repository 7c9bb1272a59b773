"""The intake takes what can be understood, keeps the rest, and tells the people whom it concerns."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from models.alarms import AlarmState
from models.dossier.monitoring import Severity
from models.errors import SettingsError, StoreUnavailableError
from models.settings import Settings
from starter.intake.decoding import BODY_LIMIT
from starter.intake.own_json import by_person
from starter.intake.splitting import Splitter
from starter.intake.storing import Room
from tests.intake.conftest import PROVIDER, Bench, alert, webhook

SHOP = {"application": "acme.shop"}


# --- characters


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        ("Ägare på ö".encode("latin-1"), "application/json"),
        ("Ägare på ö".encode("latin-1"), "application/json; charset=ISO-8859-1"),
        ("Ägare på ö".encode("latin-1"), "application/json; charset=utf-8"),
        ("Ägare på ö".encode(), "application/json; charset=nonsense"),
        ("Ägare på ö".encode("cp437"), 'application/json; charset="cp437"'),
    ],
)
async def test_a_body_is_read_in_the_characters_that_it_is_written_in(
    bench: Bench, content: bytes, content_type: str
) -> None:
    body = b'{"application": "acme.shop", "title": "' + content + b'"}'
    await bench.post(content=body, headers={"Content-Type": content_type})
    assert bench.titles() == ["Ägare på ö"]


async def test_a_webhook_in_latin_1_is_taken(bench: Bench) -> None:
    body = json.dumps(webhook(alert() | {"annotations": {"summary": "Störning"}}), ensure_ascii=False)
    await bench.post("/alarms/alertmanager", content=body.encode("latin-1"))
    assert bench.titles() == ["Störning"]


@pytest.mark.parametrize("title", ["\ud800", "\x00", "line\nfeed"])
async def test_characters_that_cannot_be_kept_do_not_lose_an_alarm(bench: Bench, title: str) -> None:
    answer = await bench.post(content=json.dumps(SHOP | {"title": title}).encode())
    assert answer.json()["receipts"][0]["disposition"] == "opened"


# --- fields


async def test_text_that_is_too_long_is_cut_with_a_mark(bench: Bench) -> None:
    long = {"title": "t" * 5000, "detail": "d" * 5000, "link": "https://x/" + "l" * 5000, "fingerprint": "f" * 5000}
    await bench.post(json=SHOP | long)
    [alarm] = bench.reporter.taken
    assert (len(alarm.title), len(alarm.detail), alarm.link) == (300, 1000, None)
    assert alarm.title.endswith("…")
    assert alarm.detail.endswith("…")
    assert len(alarm.fingerprint) <= 128


async def test_fields_that_are_not_known_are_kept_in_the_detail(bench: Bench) -> None:
    await bench.post(json=SHOP | {"titel": "misspelt", "host": "db1", "value": 93.5, "component": "The Database"})
    [alarm] = bench.reporter.taken
    assert alarm.component is None
    assert alarm.detail.split("\n") == ["titel: misspelt", "host: db1", "value: 93.5", "component: The Database"]


@pytest.mark.parametrize(("said", "state"), [("OK", "cleared"), ("resolved", "cleared"), ("PROBLEM", "firing")])
async def test_the_states_of_other_systems_are_understood(bench: Bench, said: str, state: str) -> None:
    await bench.post(json=SHOP | {"state": said, "severity": "Warning"})
    [alarm] = bench.reporter.taken
    assert (alarm.state, alarm.severity) == (AlarmState(state), Severity.WARNING)


async def test_fields_that_only_people_may_set_are_ignored_from_a_source(bench: Bench) -> None:
    await bench.post(json=SHOP | {"by_person": True, "since_known": True, "source": "embedded"})
    [alarm] = bench.reporter.taken
    assert (alarm.by_person, alarm.since_known, alarm.source) == (False, False, "prometheus")


# --- which fault it is


@pytest.mark.parametrize("where", ["host", "instance", "service", "device"])
async def test_the_same_title_at_two_places_is_two_alarms(bench: Bench, where: str) -> None:
    await bench.post(json=[SHOP | {"title": "Disk full", where: name} for name in ("db1", "db2", "db1")])
    first, second, again = (a.fingerprint for a in bench.reporter.taken)
    assert first == again != second
    assert first.startswith("prometheus/")


async def test_a_source_cannot_clear_the_alarm_of_another(bench: Bench) -> None:
    watch = bench.reporter
    await bench.post(json=SHOP | {"fingerprint": "disk"})
    held = watch.watches["acme.shop"].memory.alarms
    assert list(held) == ["prometheus/disk"]
    await bench.post(json=SHOP | {"fingerprint": "disk", "state": "cleared"}, headers=bench.as_source("nagios"))
    assert list(held) == ["prometheus/disk"]
    for spelled in ("prometheus/disk", "embedded/web"):
        await bench.post(json=SHOP | {"fingerprint": spelled, "state": "cleared"}, headers=bench.as_source("nagios"))
    assert list(held) == ["prometheus/disk"]


def test_a_persons_alarm_is_identified_by_its_component_and_title() -> None:
    now = datetime.now(UTC)
    one, other = (by_person(SHOP | {"title": t, "component": "web"}, "anna@x.example", now) for t in ("a", "b"))
    assert one.fingerprint != other.fingerprint
    assert one.fingerprint.startswith("hand/")
    assert by_person(SHOP | {"fingerprint": "prometheus/x", "title": "c"}, "anna@x.example", now).by_person


@pytest.mark.parametrize("name", ["embedded", "by-hand", "hand", "intake", "a/b", "", "x" * 81, "two words"])
def test_a_source_has_a_name_of_its_own(name: str) -> None:
    with pytest.raises((SettingsError, ValueError)):
        Settings(intake_sources={name: "env:TOKEN"})


# --- times


async def test_a_time_without_a_zone_is_utc_and_one_in_the_future_is_now_and_the_receipts_say_so(bench: Bench) -> None:
    ahead = datetime.now(UTC) + timedelta(hours=1)
    answer = await bench.post(
        json=[SHOP | {"title": "a", "since": "2026-03-01T12:00:00"}, SHOP | {"title": "b", "since": ahead.isoformat()}]
    )
    first, second = (r["reason"] for r in answer.json()["receipts"])
    assert "no time zone and were read as UTC" in first
    assert "is in the future" in second
    assert bench.reporter.taken[0].since == datetime(2026, 3, 1, 12, tzinfo=UTC)


# --- good beside bad


async def test_one_alert_that_is_nested_too_deeply_does_not_take_its_neighbours_with_it(bench: Bench) -> None:
    deep = (
        '{"status": "firing", "labels": {"customer": "acme", "application": "shop"}, "x": '
        + "[" * 50_000
        + "]" * 50_000
    )
    body = json.dumps(webhook(alert())).replace('"alerts": [', f'"alerts": [{deep}}}, ')
    answer = await bench.post("/alarms/alertmanager", content=body.encode())
    assert [r["disposition"] for r in answer.json()["receipts"]] == ["opened", "quarantined"]
    good, about = bench.reporter.taken
    assert (good.title, about.application, about.source) == ("The web is down", "acme.shop", "intake")


@pytest.mark.parametrize("bad", ['{"application": "acme.shop", "title": nonsense}', '{"application": "acme.shop", "ti'])
async def test_a_malformed_alarm_among_valid_ones_is_reported_on_its_application(bench: Bench, bad: str) -> None:
    answer = await bench.post(content=f'[{{"application": "acme.shop", "title": "good"}}, {bad}'.encode())
    assert [r["disposition"] for r in answer.json()["receipts"]] == ["opened", "quarantined"]
    assert [(a.application, a.source) for a in bench.reporter.taken] == [
        ("acme.shop", "prometheus"),
        ("acme.shop", "intake"),
    ]
    [row] = bench.records.quarantine.latest()
    assert row.body.decode() == bad
    assert row.id in bench.reporter.taken[1].detail


async def test_an_unknown_state_is_reported_on_the_application(bench: Bench) -> None:
    await bench.post(json=SHOP | {"state": "perhaps"})
    assert bench.reporter.taken[0].application == "acme.shop"
    await bench.post(json={"application": "acme.unknown", "state": "perhaps"})
    assert bench.reporter.taken[1].application == PROVIDER


@pytest.mark.parametrize("path", ["/alarm", "/api/v2/alerts", "/alarms/prometheus"])
async def test_a_message_to_a_wrong_path_is_quarantined_and_reported(bench: Bench, path: str) -> None:
    answer = await bench.post(path, json=SHOP)
    assert (answer.status_code, answer.json()["receipts"][0]["disposition"]) == (200, "quarantined")
    assert bench.reporter.taken[0].fingerprint == "intake.prometheus.address"
    assert (await bench.http.post(path, json=SHOP)).status_code == 404
    assert (await bench.post("/alarms/", json=SHOP)).json()["receipts"][0]["disposition"] == "opened"


async def test_hundreds_of_messages_that_are_not_understood_are_kept_together(bench: Bench) -> None:
    body = json.dumps([SHOP, *({"n": n} for n in range(300))]).encode()
    receipts = (await bench.post(content=body)).json()["receipts"]
    assert [r["disposition"] for r in receipts] == ["opened"] + ["quarantined"] * 101
    assert body in [row.body for row in bench.records.quarantine.latest(limit=200)]


async def test_junk_is_one_message(bench: Bench) -> None:
    junk = bytes(range(256)) * 1000
    assert len((await bench.post(content=junk)).json()["receipts"]) == 1
    assert bench.records.quarantine.latest()[0].body == junk


async def test_several_alarms_one_after_the_other_are_taken(bench: Bench) -> None:
    await bench.post(
        content=b'{"application": "acme.shop", "title": "a"}\n{"application": "acme.shop", "title": "b"}\n'
    )
    assert bench.titles() == ["a", "b"]


# --- large bodies


async def test_a_body_over_the_limit_is_taken_in_parts(bench: Bench) -> None:
    many = [alert(alertname=f"A{n}") | {"fingerprint": f"{n:x}", "padding": "x" * 4000} for n in range(1500)]
    body = json.dumps(webhook(*many, truncatedAlerts=7)).encode()
    assert len(body) > BODY_LIMIT
    answer = await bench.post("/alarms/alertmanager", content=body)
    assert answer.status_code == 200
    receipts = answer.json()["receipts"]
    assert [r.get("fingerprint") for r in receipts] == [f"prometheus/{n:x}" for n in range(1500)] + [None]
    assert bench.reporter.taken[-1].fingerprint == "intake.prometheus.truncated"
    assert bench.room_is_free()


async def test_junk_that_is_too_large_is_kept_and_its_room_given_back(bench: Bench) -> None:
    await bench.post(content=b"[" + b"junk" * (BODY_LIMIT // 2))
    [row] = bench.records.quarantine.latest()
    assert len(row.body) <= BODY_LIMIT
    assert "SHA-256" in row.reason
    assert bench.room_is_free()


def test_bodies_go_to_files_where_memory_is_short_and_are_refused_where_files_are() -> None:
    room = Room(memory=10, disk=10)
    first, second = room.body(), room.body()
    for body in (first, second):
        body.write(b"12345678")
        assert b"".join(body.chunks()) == b"12345678"
    with pytest.raises(StoreUnavailableError):
        second.write(b"9012")
    first.close()
    second.close()
    second.close()
    assert (room.memory, room.disk) == (10, 10)


@pytest.mark.parametrize("step", [1, 2, 3, 7, 1000])
def test_a_text_is_split_the_same_in_any_chunks(step: int) -> None:
    items: list[Any] = [{"a": '}],["\\'}, [1, [2, ","]], "x\\\\", 5, {"alerts": ["no"]}]
    text = json.dumps({"first": {"alerts": 1}, "alerts": items, "last": ["alerts", [1]]})

    def pieces(split: Splitter) -> Iterator[str]:
        for at in range(0, len(text), step):
            yield from (p.text for p in split.feed(text[at : at + step]))
        yield from (p.text for p in split.finish())

    split = Splitter("alerts", 10_000)
    assert [json.loads(p) for p in pieces(split)] == items
    around = split.around()
    assert around is not None
    assert json.loads(around.text) == {"first": {"alerts": 1}, "alerts": [], "last": ["alerts", [1]]}


async def test_a_message_with_very_many_values_is_kept_and_does_not_affect_its_neighbours(bench: Bench) -> None:
    dense = SHOP | {"title": "dense", "detail": [{}] * 100_001}
    answer = await bench.post(json=[SHOP | {"title": "before"}, dense, SHOP | {"title": "after"}])
    [kept] = [r for r in answer.json()["receipts"] if r["disposition"] == "quarantined"]
    assert "more than 100,000 commas and brackets" in kept["reason"]
    assert [a.title for a in bench.reporter.taken if a.source == "prometheus"] == ["before", "after"]
    assert json.loads(bench.records.quarantine.latest()[0].body) == dense


def test_a_text_of_many_marks_is_split_in_little_memory() -> None:
    split = Splitter(None, BODY_LIMIT)
    tracemalloc.start()
    try:
        assert list(split.feed("€," * 150_000)) == []
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


# --- poison


async def test_an_alarm_that_its_watch_refuses_is_kept_and_does_not_fail_its_neighbours(bench: Bench) -> None:
    bench.reporter.poison = "poison"
    titles = ["a", "b", "poison", "c"]
    answer = await bench.post(json=[SHOP | {"title": t} for t in titles])
    assert answer.status_code == 200
    assert [r["disposition"] for r in answer.json()["receipts"]] == ["opened", "joined", "joined", "quarantined"]
    assert bench.reporter.taken[-1].fingerprint == "intake.prometheus.refused"
    bench.reporter.poison = f"Alarm from {'prometheus'} could not be understood"
    assert (await bench.post(json=SHOP | {"state": "perhaps"})).status_code == 503
