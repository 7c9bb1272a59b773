from __future__ import annotations

import asyncio
import gzip
import resource
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from activities.probes.http_clients import BODY_LIMIT, HttpClients
from activities.probes.kinds.http import probe_http
from activities.probes.runner import ProbeRunner
from models.probes import HttpProbe, Seen
from tests.probes.conftest import target
from tests.probes.servers import http_server, make_certificate, page, serving

CANARY = "canary-51ce"
SHORT = timedelta(milliseconds=300)


async def test_a_page_as_expected_is_ok_with_its_latency(see) -> None:
    async with http_server(lambda _: page()) as server:
        sample = await see(HttpProbe(url=server.url("/health?a=b"), expect_body="healthy", forbid_body="panic"))

    assert (sample.seen, sample.detail, sample.point) == (Seen.OK, "HTTP 200", "acme.shop.point")
    assert sample.latency_ms > 0
    assert sample.at.utcoffset() == timedelta(0)
    assert server.requests[0].startswith("GET /health?a=b HTTP/1.1\r\n")


@pytest.mark.parametrize(
    ("answer", "probe", "detail"),
    [
        (page(status=503), {}, "HTTP 503 instead of 200"),
        (page(status=404), {"expect_status": [200, 204]}, "HTTP 404 instead of 200 or 204"),
        (page(), {"expect_body": "ready"}, "HTTP 200, but the body lacks the expected text"),
        (page(), {"forbid_body": "health"}, "HTTP 200, but the body has the forbidden text"),
        (page(status=302, headers="location: /elsewhere\r\n"), {}, "HTTP 302 instead of 200"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", {}, "the server closed the connection or did not speak HTTP"),
        (
            b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nshort",
            {},
            "the server closed the connection or did not speak HTTP",
        ),
        (b"", {}, "the server closed the connection or did not speak HTTP"),
        (
            page(b"x" * (BODY_LIMIT + 5) + b"ready"),
            {"expect_body": "ready"},
            "HTTP 200, but the first 1024 KiB of the body lacks the expected text",
        ),
    ],
)
async def test_an_answer_that_is_wrong_is_failed_and_says_why(see, answer: bytes, probe: dict, detail: str) -> None:
    async with http_server(lambda _: answer, close_after=True) as server:
        sample = await see(HttpProbe(url=server.url(), **probe))

    assert (sample.seen, sample.detail) == (Seen.FAILED, detail)


async def test_an_answer_slower_than_allowed_is_failed(see) -> None:
    async def slow(_: str) -> bytes:
        await asyncio.sleep(0.05)
        return page()

    async with http_server(lambda head: slow(head)) as server:
        sample = await see(HttpProbe(url=server.url(), max_latency=timedelta(milliseconds=20)))

    assert sample.seen is Seen.FAILED
    assert "longer than 20ms" in sample.detail


async def test_the_timeout_holds_for_the_whole_request_even_when_bytes_keep_dripping(see) -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with serving(drip) as server:
        sample = await see(HttpProbe(url=server.url(), timeout=SHORT))

    assert (sample.seen, sample.detail) == (Seen.FAILED, "no answer within 300ms")
    assert 300 <= sample.latency_ms < 5000


async def test_a_refused_connection_is_failed(see, closed_port: int) -> None:
    sample = await see(HttpProbe(url=f"http://127.0.0.1:{closed_port}/"))

    assert (sample.seen, sample.detail) == (Seen.FAILED, "connection refused")


@pytest.mark.parametrize(
    "url",
    ["http://", "http://[::1", "https://user:canary-51ce@127.0.0.1/", "http://127.0.0.1:99999/", "http://\u00e4..x/"],
)
async def test_a_url_that_is_none_is_no_data_and_not_repeated(see, url: str) -> None:
    sample = await see(HttpProbe.model_construct(**(HttpProbe(url="http://x").__dict__ | {"url": url})))

    assert sample.seen is Seen.NO_DATA
    assert "URL" in sample.detail
    assert CANARY not in sample.detail


async def test_a_header_given_by_reference_reaches_the_server_and_nothing_else(see, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"Bearer {CANARY}\n")
    async with http_server(lambda _: page(status=401)) as server:
        sample = await see(HttpProbe(url=server.url(), headers={"Authorization": f"file:{tmp_path / 'token'}"}))

    assert f"Authorization: Bearer {CANARY}\r\n" in server.requests[0]
    assert sample.seen is Seen.FAILED
    assert CANARY not in sample.model_dump_json()


@pytest.mark.parametrize(
    "headers", [{"A": f"env:{CANARY}_NOT_SET"}, {"A": "file:/does/not/exist"}, {"A b": "x"}, {"A": "x\ny"}]
)
async def test_headers_that_cannot_be_sent_are_no_data(see, headers: dict[str, str]) -> None:
    sample = await see(HttpProbe(url="http://127.0.0.1:9/", headers=headers))

    assert sample.seen is Seen.NO_DATA


async def test_a_secret_that_is_no_header_value_shows_nowhere(see, monkeypatch: pytest.MonkeyPatch, caplog) -> None:
    monkeypatch.setenv("DRIFT_TEST", f"{CANARY}\nX: y")

    sample = await see(HttpProbe(url="http://127.0.0.1:9/", headers={"X-Key": "env:DRIFT_TEST"}))

    assert (sample.seen, sample.detail) == (
        Seen.NO_DATA,
        "the value of header X-Key has characters that HTTP does not allow",
    )
    assert CANARY not in caplog.text


async def test_redirects_are_followed_and_headers_stay_with_their_server(see) -> None:
    async with http_server(lambda _: page("here it is")) as second:

        def answer(head: str) -> bytes:
            there = second.url("/there") if head.startswith("GET /twice") else "/twice"
            return page(status=302, headers=f"location: {there}\r\n")

        async with http_server(answer) as first:
            sample = await see(
                HttpProbe(url=first.url("/once"), follow_redirects=True, expect_body="here", headers={"X-Key": CANARY})
            )

    assert sample.seen is Seen.OK
    assert [CANARY in head for head in first.requests] == [True, True]
    assert [CANARY in head for head in second.requests] == [False]


@pytest.mark.parametrize(
    "location", ["/again", "ftp://127.0.0.1/", "http://", "http://[", "file:///etc/passwd", "http://127.0.0.1:99999/"]
)
async def test_redirects_that_lead_nowhere_are_failed(see, location: str) -> None:
    async with http_server(lambda _: page(status=301, headers=f"location: {location}\r\n")) as server:
        sample = await see(HttpProbe(url=server.url(), follow_redirects=True))

    assert sample.seen is Seen.FAILED
    assert len(server.requests) <= 10


async def test_a_post_sends_its_body_and_becomes_a_get_after_see_other(see) -> None:
    def answer(head: str) -> bytes:
        return (
            page() if head.startswith("GET") else page(status=303, headers="location: /done\r\nconnection: close\r\n")
        )

    async with http_server(answer, close_after=True) as server:
        sample = await see(HttpProbe(url=server.url(), method="POST", body="a=1", follow_redirects=True))

    assert sample.seen is Seen.OK
    assert [r.split(" ")[0] for r in server.requests] == ["POST", "GET"]


async def test_a_compressed_bomb_is_read_up_to_the_limit(see) -> None:
    bomb = gzip.compress(b"ok" + bytes(50 * 1024 * 1024))
    async with http_server(lambda _: page(bomb, headers="content-encoding: gzip\r\n")) as server:
        sample = await see(HttpProbe(url=server.url(), expect_body="ok", forbid_body="never"))

    assert sample.seen is Seen.OK


@pytest.mark.parametrize("charset", ["iso-8859-1", "no-such-thing", "zip", "utf-8"])
async def test_any_charset_is_survived(see, charset: str) -> None:
    body = "härligt".encode("latin-1" if charset == "iso-8859-1" else "utf-8")
    async with http_server(lambda _: page(body, headers=f"content-type: text/html; charset={charset}\r\n")) as server:
        sample = await see(HttpProbe(url=server.url(), expect_body="härligt"))

    assert sample.seen is Seen.OK


@pytest.mark.parametrize(
    ("start", "header", "written_in"),
    [
        ('<html><head><meta charset="ISO-8859-1">', "text/html", "latin-1"),
        ("<meta charset=iso-8859-1>", "", "latin-1"),
        ('<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=iso-8859-1">', "text/html", "latin-1"),
        ('<?xml version="1.0" encoding="ISO-8859-1"?>', "application/xml", "latin-1"),
        ("<!-- <meta charset=iso-8859-1> --><meta charset=cp437>", "text/html", "cp437"),
        ("<meta charset=iso-8859-1>", "text/html; charset=utf-8", "utf-8"),
        ("\ufeff<meta charset=iso-8859-1>", "text/html; charset=iso-8859-1", "utf-8"),
        ("<meta charset=utf-16>", "text/html", "utf-8"),
        ("<meta charset=zip>", "text/html", "utf-8"),
        ("<meta charset=iso-8859-1>", "application/json", "utf-8"),
    ],
)
async def test_a_page_is_read_in_the_charset_that_it_declares(see, start: str, header: str, written_in: str) -> None:
    body = f"{start}<p>härligt</p>".encode(written_in)
    header = f"content-type: {header}\r\n" if header else ""
    async with http_server(lambda _: page(body, headers=header)) as server:
        sample = await see(HttpProbe(url=server.url(), expect_body="härligt"))

    assert sample.seen is Seen.OK


async def test_connections_are_kept_between_looks(see) -> None:
    async with http_server(lambda _: page()) as server:
        for _ in range(5):
            assert (await see(HttpProbe(url=server.url()))).seen is Seen.OK

    assert server.connections == 1


async def test_a_server_that_closes_a_kept_connection_in_the_last_instant_is_not_failed(see) -> None:
    async def once_then_drop(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(page())
        await reader.readuntil(b"\r\n\r\n")  # the next request was sent: now it is too late for the client to notice

    async with serving(once_then_drop) as server:
        seen = [(await see(HttpProbe(url=server.url()))).seen for _ in range(4)]

    assert seen == [Seen.OK] * 4


async def test_a_server_that_drops_new_connections_is_asked_once(see) -> None:
    async def drop(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")

    async with serving(drop) as server:
        sample = await see(HttpProbe(url=server.url()))

    assert sample.seen is Seen.FAILED
    assert server.connections == 1


async def test_certificates_are_checked_unless_the_probe_says_otherwise(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path, 30)
    async with http_server(lambda _: page(), tls=certificate.server()) as server:
        url = server.url(scheme="https")
        for trust, verify, seen in [
            (None, True, Seen.FAILED),
            (None, False, Seen.OK),
            (certificate.trust(), True, Seen.OK),
        ]:
            checks = ProbeRunner(trust=trust)
            [sample] = await checks.probe_all([target(HttpProbe(url=url, verify_tls=verify))])
            await checks.close()
            assert sample.seen is seen, sample
            if seen is Seen.FAILED:
                assert sample.detail == "the certificate is not accepted: self-signed certificate"


async def test_a_proxy_in_the_environment_is_not_used(see, monkeypatch: pytest.MonkeyPatch, closed_port: int) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port}")
    async with http_server(lambda _: page()) as server:
        sample = await see(HttpProbe(url=server.url()))

    assert sample.seen is Seen.OK


async def test_no_more_clients_are_kept_than_allowed_and_those_in_use_are_not_closed() -> None:
    clients = HttpClients(keep=2)
    gate = asyncio.Event()

    async def hold(_: str) -> bytes:
        await gate.wait()
        return page()

    async with http_server(lambda head: hold(head)) as held, http_server(lambda _: page()) as quick:
        waiting = asyncio.create_task(probe_http(HttpProbe(url=held.url()), clients))
        while not held.requests:
            await asyncio.sleep(0)
        for host in ("127.0.0.1", "localhost"):
            await probe_http(HttpProbe(url=f"http://{host}:{quick.port}/"), clients)
        assert len(clients) == 2
        gate.set()
        assert (await waiting).seen is Seen.OK
    await clients.close()
    assert len(clients) == 0


async def test_a_client_is_renewed_so_that_a_kept_connection_hides_nothing_for_long() -> None:
    clients = HttpClients(renew_after=0.0)
    async with http_server(lambda _: page()) as server:
        for _ in range(3):
            await probe_http(HttpProbe(url=server.url()), clients)
    await clients.close()

    assert server.connections == 3


async def test_kept_connections_leave_half_of_the_files_that_may_be_open_to_others() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (100, before[1]))
    try:
        clients = HttpClients(keep=2000)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    async with AsyncExitStack() as stack:
        for _ in range(60):
            server = await stack.enter_async_context(http_server(lambda _: page()))
            assert (await probe_http(HttpProbe(url=server.url()), clients)).seen is Seen.OK
    assert len(clients) == 50
    await clients.close()
