"""What the intake answers: 200 once durable, 503 to send again, 401 without a token; nothing authenticated is lost."""

from __future__ import annotations

import gzip
import json
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from activities.records import Records
from models.alarms import AlarmState
from models.dossier.monitoring import Severity
from models.errors import StoreUnavailableError
from starter.intake.app import Intake, database_check
from starter.intake.decoding import BODY_LIMIT
from starter.intake.delivery import IntakeDelivery
from starter.intake.sources import Sources
from tests.intake.conftest import PROVIDER, TOKEN, Bench, FakeReporter, alert, webhook


def asking(sources: Sources, records: Records) -> httpx.AsyncClient:
    app = Intake(
        sources, IntakeDelivery(FakeReporter(), records, PROVIDER), {"database": database_check(records)}
    ).app()
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://intake")


async def test_a_webhook_becomes_alarms_with_all_that_it_says(bench: Bench) -> None:
    answer = await bench.post(
        "/alarms/alertmanager", json=webhook(alert(component="web", measuring_point="front-page"))
    )
    assert answer.status_code == 200
    assert answer.json()["receipts"] == [
        {
            "application": "acme.shop",
            "fingerprint": "prometheus/b4d1f0d5a7c3e2f1",
            "disposition": "opened",
            "incident": "inc.acme.shop.1",
            "reason": "opened incident 1",
        }
    ]
    [alarm] = bench.reporter.taken
    assert (alarm.application, alarm.component, alarm.measuring_point) == ("acme.shop", "web", "front-page")
    assert (alarm.title, alarm.detail) == ("The web is down", "No answer for one minute")
    assert (alarm.state, alarm.severity, alarm.source) == (AlarmState.FIRING, Severity.WARNING, "prometheus")
    assert alarm.since == datetime(2026, 3, 1, 11, 0, 0, 123456, UTC)
    assert alarm.link == "http://prometheus:9090/graph?g0.expr=up"


async def test_a_resolved_alert_clears(bench: Bench) -> None:
    gone = alert() | {"status": "resolved", "endsAt": "2026-03-01T12:05:00Z"}
    assert (await bench.post("/alarms/alertmanager", json=webhook(gone))).status_code == 200
    [alarm] = bench.reporter.taken
    assert (alarm.state, alarm.seen_at) == (AlarmState.CLEARED, datetime(2026, 3, 1, 12, 5, tzinfo=UTC))


@pytest.mark.parametrize("body", [{"application": "acme.shop"}, [{"application": "acme.shop"}]])
async def test_our_own_json_needs_the_application_alone(bench: Bench, body: Any) -> None:
    answer = await bench.post(json=body)
    assert answer.status_code == 200
    [alarm] = bench.reporter.taken
    assert (alarm.source, alarm.title, alarm.severity) == ("prometheus", "Alarm of prometheus", Severity.CRITICAL)


async def test_the_same_fault_gets_the_same_fingerprint_and_another_another(bench: Bench) -> None:
    at = [{"component": "web"}, {"component": "web", "severity": "info"}, {"component": "db"}]
    await bench.post(json=[{"application": "acme.shop", **where} for where in at])
    first, second, third = [a.fingerprint for a in bench.reporter.taken]
    assert first == second != third


async def test_a_source_is_who_its_token_says(bench: Bench) -> None:
    await bench.post(json={"application": "acme.shop", "source": "embedded"})
    assert bench.reporter.taken[0].source == "prometheus"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Bearer "},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": TOKEN},
        {"Authorization": "Bearer \xe5\xe4\xf6".encode("latin-1")},
    ],
)
async def test_without_the_right_token_nothing_is_stored_and_nothing_is_revealed(bench: Bench, headers: Any) -> None:
    answer = await bench.http.post("/alarms", json={"application": "acme.shop", "title": "sesame"}, headers=headers)
    assert answer.status_code == 401
    assert "sesame" not in answer.text
    assert bench.reporter.taken == bench.records.quarantine.latest() == []


async def test_a_token_can_be_exchanged_while_the_intake_runs(bench: Bench, token_file: Path) -> None:
    token_file.write_text("another-token")
    assert (await bench.post(json=[])).status_code == 401
    assert (await bench.post(json=[], headers={"Authorization": "bearer another-token"})).status_code == 200


async def test_while_a_token_cannot_be_read_its_source_is_asked_to_send_again(bench: Bench, token_file: Path) -> None:
    token_file.unlink()
    answer = await bench.post(json={"application": "acme.shop"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


async def test_without_sources_everything_is_refused_and_readiness_says_so(records: Records) -> None:
    async with asking(Sources({}), records) as http:
        assert (await http.post("/alarms", json=[], headers={"Authorization": "Bearer "})).status_code == 401
        ready = await http.get("/ready")
    assert ready.status_code == 503
    assert ready.json()["checks"] == {"database": "ok", "sources": "none configured: every alarm is refused"}


async def test_readiness_names_the_part_that_is_away(token_file: Path, tmp_path: Path) -> None:
    (tmp_path / "r.db").write_bytes(b"no database" * 100)
    records = Records(f"sqlite:///{tmp_path}/r.db")
    async with asking(Sources({"am": f"file:{token_file}"}), records) as http:
        ready = await http.get("/ready")
        assert (await http.get("/health")).status_code == 200
    assert (ready.status_code, ready.json()["checks"]) == (503, {"database": "away", "sources": "ok"})
    records.close()


async def test_while_temporal_is_away_the_sender_is_asked_to_send_again(bench: Bench) -> None:
    bench.reporter.away = True
    answer = await bench.post(json={"application": "acme.shop"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    bench.reporter.away = False
    assert (await bench.post(json={"application": "acme.shop"})).status_code == 200


@pytest.mark.parametrize("body", [b'{"application": "acme.shop"}', b"no JSON"])
async def test_while_the_records_are_away_the_sender_is_asked_to_send_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, body: bytes
) -> None:
    def away(*_: Any) -> Any:
        raise StoreUnavailableError("the records database does not answer")

    monkeypatch.setattr(bench.records, "applications", away)
    monkeypatch.setattr(bench.records.quarantine, "add_all", away)
    assert (await bench.post(content=body)).status_code == 503
    assert bench.reporter.taken == []


@pytest.mark.parametrize(
    ("path", "body", "kind"),
    [
        ("/alarms", b"", "shape"),
        ("/alarms", b"no JSON", "shape"),
        ("/alarms", b"\xff\xfe\x00", "shape"),
        ("/alarms", b"[" * 100_000, "shape"),
        ("/alarms", b"1" * 5000, "shape"),
        ("/alarms", b'"text"', "shape"),
        ("/alarms", b'{"application": "acme.unknown"}', "application"),
        ("/alarms/alertmanager", b"{}", "shape"),
        ("/alarms/alertmanager", b'{"alerts": [1]}', "shape"),
        ("/alarms/alertmanager", b'{"alerts": [{"status": "firing", "labels": {}}]}', "shape"),
    ],
)
async def test_an_unreadable_message_is_quarantined_and_opens_an_incident_of_the_provider(
    bench: Bench, path: str, body: bytes, kind: str
) -> None:
    answer = await bench.post(path, content=body)
    assert answer.status_code == 200
    [receipt] = answer.json()["receipts"]
    [row] = bench.records.quarantine.latest()
    assert (receipt["disposition"], receipt["quarantine"]) == ("quarantined", row.id)
    [alarm] = bench.reporter.taken
    assert (alarm.application, alarm.component) == (PROVIDER, None)
    assert alarm.fingerprint == f"intake.prometheus.{kind}"
    assert alarm.title == "Alarm from prometheus could not be understood"
    assert row.id in alarm.detail


async def test_a_flood_of_one_kind_is_one_fault(bench: Bench) -> None:
    for n in range(5):
        await bench.post(content=b"no JSON %d" % n)
    assert len({a.fingerprint for a in bench.reporter.taken}) == 1
    assert len(bench.records.quarantine.latest()) == 5


async def test_the_good_part_of_a_body_is_delivered_and_the_bad_part_kept(bench: Bench) -> None:
    nowhere = alert(application="nowhere") | {"fingerprint": "x"}
    answer = await bench.post("/alarms/alertmanager", json=webhook(alert(), {"bad": 1}, nowhere))
    assert [r["disposition"] for r in answer.json()["receipts"]] == ["opened", "quarantined", "quarantined"]
    assert {json.loads(row.body).get("bad", "alarm") for row in bench.records.quarantine.latest()} == {1, "alarm"}
    assert {a.application for a in bench.reporter.taken} == {"acme.shop", PROVIDER}


async def test_alerts_that_alertmanager_left_out_are_noticed(bench: Bench) -> None:
    await bench.post("/alarms/alertmanager", json=webhook(alert(), truncatedAlerts=844))
    assert [a.fingerprint for a in bench.reporter.taken][1] == "intake.prometheus.truncated"


async def test_of_a_body_that_is_too_large_the_beginning_and_the_digest_are_kept(bench: Bench) -> None:
    answer = await bench.post(content=b'{"application": "' + b"x" * BODY_LIMIT)
    assert answer.status_code == 200
    [row] = bench.records.quarantine.latest()
    assert len(row.body) == BODY_LIMIT
    assert "SHA-256" in row.reason


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_compressed_body_is_read(bench: Bench, encoding: str) -> None:
    plain = b'{"application": "acme.shop", "title": "packed"}'
    packed = gzip.compress(plain) if encoding == "gzip" else zlib.compress(plain)
    await bench.post(content=packed, headers={"Content-Encoding": encoding})
    assert bench.titles() == ["packed"]


@pytest.mark.parametrize("encoding", ["br", "gzip"])
async def test_a_body_that_cannot_be_decompressed_is_kept(bench: Bench, encoding: str) -> None:
    packed = gzip.compress(b'{"application": "acme.shop"}')[:-9]
    answer = await bench.post(content=packed, headers={"Content-Encoding": encoding})
    assert [r["disposition"] for r in answer.json()["receipts"]][-1] == "quarantined"
    assert packed in [row.body for row in bench.records.quarantine.latest()]
    assert bench.reporter.taken[-1].fingerprint == "intake.prometheus.encoding"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
async def test_every_encoding_of_json_is_read(bench: Bench, encoding: str) -> None:
    await bench.post(content='{"application": "acme.shop", "title": "Å"}'.encode(encoding))
    assert bench.titles() == ["Å"]


async def test_times_that_make_no_sense_do_not_lose_an_alarm(bench: Bench) -> None:
    for when in ("yesterday", 1e300, None, [], "0001-01-01T00:00:00+14:00", "2026-03-01T12:00:00"):
        assert (await bench.post(json={"application": "acme.shop", "since": when})).status_code == 200
    assert len(bench.reporter.taken) == 6
    assert all(a.since.tzinfo for a in bench.reporter.taken)


async def test_thousands_of_alarms_of_one_application_travel_in_batches(bench: Bench) -> None:
    many = [{"application": "acme.shop", "fingerprint": f"f{n}"} for n in range(1200)]
    answer = await bench.post(json=many)
    assert [r["fingerprint"] for r in answer.json()["receipts"]] == [f"prometheus/{m['fingerprint']}" for m in many]


async def test_other_paths_and_methods_are_not_there(bench: Bench) -> None:
    assert (await bench.http.get("/")).status_code == 404
    assert (await bench.http.get("/alarms")).status_code == 405


async def test_beyond_500_requests_at_a_time_a_sender_is_asked_to_send_again(bench: Bench) -> None:
    bench.intake._running = 500
    answer = await bench.post("/alertmanager", json=webhook())
    assert answer.status_code == 503
    assert "too many messages arrive at the same time" in answer.text
