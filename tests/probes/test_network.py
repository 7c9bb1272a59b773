from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from models.probes import DnsProbe, PrometheusProbe, Seen, TcpProbe, TlsExpiryProbe
from tests.probes.servers import dns_server, http_server, make_certificate, page, serving

SHORT = timedelta(milliseconds=300)


async def _silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def test_an_open_port_is_ok_and_a_closed_one_failed(see, closed_port: int) -> None:
    async with serving(_silent) as server:
        up = await see(TcpProbe(host="127.0.0.1", port=server.port))
        named = await see(TcpProbe(host="localhost", port=server.port))
    down = await see(TcpProbe(host="127.0.0.1", port=closed_port))

    assert (up.seen, named.seen) == (Seen.OK, Seen.OK)
    assert up.latency_ms > 0
    assert (down.seen, down.detail) == (Seen.FAILED, "connection refused")


@pytest.mark.parametrize("host", ["", "a" * 300, "a..b", "no\0name", "bad name", "[::1", "ä" * 80])
async def test_a_host_that_is_none_raises_nothing(see, host: str) -> None:
    for probe in (TcpProbe(host=host, port=9, timeout=SHORT), TlsExpiryProbe(host=host, port=9, timeout=SHORT)):
        sample = await see(probe)
        assert sample.seen is not Seen.OK
        assert len(sample.detail) <= 300


@pytest.mark.parametrize("days", [30.0, -5.0])
async def test_the_days_until_expiry_are_the_value_even_after_it(see, tmp_path: Path, days: float) -> None:
    async with http_server(lambda _: page(), tls=make_certificate(tmp_path, days).server()) as server:
        sample = await see(TlsExpiryProbe(host="127.0.0.1", port=server.port, server_name="other.example"))

    assert sample.seen is Seen.OK
    assert sample.value == pytest.approx(days, abs=0.01)


async def test_a_port_without_tls_is_failed(see) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        await reader.read()

    async with serving(talk) as plain, serving(_silent) as silent:
        wrong = await see(TlsExpiryProbe(host="127.0.0.1", port=plain.port))
        nothing = await see(TlsExpiryProbe(host="127.0.0.1", port=silent.port, timeout=SHORT))

    assert (wrong.seen, wrong.value) == (Seen.FAILED, None)
    assert wrong.detail.startswith("the TLS handshake failed: ")
    assert (nothing.seen, nothing.detail) == (Seen.FAILED, "no answer within 300ms")


ZONE = {
    ("shop.example.", "A"): ["192.0.2.1", "192.0.2.2"],
    ("shop.example.", "MX"): ["10 mail.example."],
    ("shop.example.", "TXT"): ['"v=spf1 " "-all"'],
    ("www.example.", "CNAME"): ["Shop.Example."],
}


@pytest.mark.parametrize(
    ("probe", "value"),
    [
        ({"name": "shop.example"}, 2),
        ({"name": "shop.example.", "expect": ["192.0.2.2"]}, 2),
        ({"name": "shop.example", "record": "MX", "expect": ["mail.example"]}, 1),
        ({"name": "shop.example", "record": "MX", "expect": ["10 mail.example."]}, 1),
        ({"name": "shop.example", "record": "TXT", "expect": ["v=spf1 -all"]}, 1),
        ({"name": "www.example", "record": "CNAME", "expect": ["shop.example"]}, 1),
    ],
)
async def test_the_number_of_answers_is_the_value(see, probe: dict, value: float) -> None:
    async with dns_server(ZONE) as server:
        sample = await see(DnsProbe(**probe, server=server))

    assert (sample.seen, sample.value) == (Seen.OK, value), sample


@pytest.mark.parametrize(
    ("probe", "detail"),
    [
        ({"name": "gone.example"}, "the name does not exist"),
        ({"name": "shop.example", "record": "AAAA"}, "the name has no AAAA record"),
        ({"name": "shop.example", "expect": ["192.0.2.9"]}, "2 answers, but not 192.0.2.9"),
    ],
)
async def test_a_wrong_answer_is_failed(see, probe: dict, detail: str) -> None:
    async with dns_server(ZONE) as server:
        sample = await see(DnsProbe(**probe, server=server))

    assert (sample.seen, sample.detail) == (Seen.FAILED, detail)


async def test_a_name_server_that_is_asked_for_and_silent_is_failed(see) -> None:
    async with dns_server({}, silent=True) as server:
        sample = await see(DnsProbe(name="shop.example", server=server, timeout=SHORT))

    assert sample.seen is Seen.FAILED


@pytest.mark.parametrize(
    ("name", "server"),
    [
        ("a", "no-address"),
        ("a", "127.0.0.1:"),
        ("a", "127.0.0.1:99999"),
        ("a", "127.0.0.1:x"),
        ("a", ""),
        ("a..b", "127.0.0.1"),
        ("x" * 70, "[::1]:53"),
    ],
)
async def test_a_server_that_cannot_be_queried_is_no_data(see, name: str, server: str) -> None:
    sample = await see(DnsProbe(name=name, server=server, timeout=SHORT))

    assert sample.seen is Seen.NO_DATA
    assert "the probe itself failed" not in sample.detail


def _answer(result: str, kind: str = "vector") -> str:
    return f'{{"status": "success", "data": {{"resultType": "{kind}", "result": {result}}}}}'


@pytest.mark.parametrize(
    ("body", "seen", "value"),
    [
        (_answer('[{"metric": {}, "value": [1, "3.5"]}]'), Seen.OK, 3.5),
        (_answer('[1, "7"]', "scalar"), Seen.OK, 7),
        (_answer("[]"), Seen.NO_DATA, None),
        (_answer('[{"value": [1, "1"]}, {"value": [1, "2"]}]'), Seen.NO_DATA, None),
        (_answer('[{"metric": {}, "value": [1, "NaN"]}]'), Seen.NO_DATA, None),
        (_answer('[{"metric": {}, "value": [1, "+Inf"]}]'), Seen.NO_DATA, None),
        (_answer("[]", "matrix"), Seen.NO_DATA, None),
        (_answer('[{"histogram": []}]'), Seen.NO_DATA, None),
        ('{"status": "error", "errorType": "bad_data"}', Seen.NO_DATA, None),
        ("<html>", Seen.NO_DATA, None),
        ("[" * 100_000, Seen.NO_DATA, None),
        ("[]", Seen.NO_DATA, None),
        ("null", Seen.NO_DATA, None),
    ],
)
async def test_prometheus_gives_one_number_or_no_data(see, body: str, seen: Seen, value: float | None) -> None:
    async with http_server(lambda _: page(body)) as server:
        sample = await see(PrometheusProbe(server=server.url("/prometheus/"), query='up{job="a b"} + 1'))

    assert (sample.seen, sample.value) == (seen, value), sample
    assert "the probe itself failed" not in sample.detail
    assert server.requests[0].startswith("GET /prometheus/api/v1/query?query=up%7Bjob%3D%22a+b%22%7D+%2B+1 ")


async def test_a_prometheus_that_is_away_says_nothing_of_what_it_measures(see, closed_port: int) -> None:
    sample = await see(PrometheusProbe(server=f"http://127.0.0.1:{closed_port}", query="up"))

    assert (sample.seen, sample.detail) == (Seen.NO_DATA, "connection refused")
