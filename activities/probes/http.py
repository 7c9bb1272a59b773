"""Asking for pages, and holding the answers against what is expected of them."""

from __future__ import annotations

import re
import time
from functools import lru_cache
from typing import Final

import httpx

from activities.probes.finding import ProbeFinding, failed, from_error, no_data, ok
from activities.probes.http_clients import BODY_LIMIT, HttpAnswer, HttpClients
from activities.secrets.references import is_reference, resolve
from models.base import format_duration
from models.errors import ProbeError
from models.probes import HttpProbe

REDIRECT_LIMIT: Final = 10

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE: Final = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]*")


async def probe_http(probe: HttpProbe, clients: HttpClients) -> ProbeFinding:
    """Ask for the page and hold the answer against what is expected of it."""
    began = time.perf_counter()
    url, method, body, headers = parse_url(probe.url), probe.method, probe.body, _headers(probe.headers)
    for _ in range(REDIRECT_LIMIT):
        request = httpx.Request(method, url, headers=headers, content=body)
        answer = await clients.ask(request, probe.verify_tls)
        if not (probe.follow_redirects and answer.status in _REDIRECTS and answer.location):
            return _judge(probe, answer, time.perf_counter() - began)
        target = _next(url, answer.location)
        if target is None:
            return failed(f"HTTP {answer.status} leads to an address that is no http(s) URL")
        if target.netloc != url.netloc or target.scheme != url.scheme:
            headers = _headers({})  # another server gets none of the headers, which may hold secrets
        if answer.status == 303 or (answer.status in {301, 302} and method == "POST"):
            method, body = ("HEAD" if method == "HEAD" else "GET"), None
        url = target
    return failed(f"more than {REDIRECT_LIMIT} redirects in a row")


def http_failure(error: httpx.HTTPError) -> ProbeFinding:
    """Say what a failed exchange means, without a word of the library's own: its texts may quote headers."""
    if isinstance(error, httpx.RemoteProtocolError):
        return failed("the server closed the connection or did not speak HTTP")
    if isinstance(error, httpx.LocalProtocolError | httpx.UnsupportedProtocol):
        return no_data("the request cannot be written as HTTP: look at the URL and the headers")
    if isinstance(error, httpx.ReadError | httpx.WriteError):
        return failed("the connection broke off before the answer was complete")
    return from_error(error)


def _judge(probe: HttpProbe, answer: HttpAnswer, seconds: float) -> ProbeFinding:
    if answer.status not in probe.expect_status:
        expected = " or ".join(map(str, probe.expect_status[:5])) or "nothing"
        return failed(f"HTTP {answer.status} instead of {expected}")
    if probe.expect_body or probe.forbid_body:
        text = answer.body.decode(answer.charset, errors="replace")
        if probe.expect_body and probe.expect_body not in text:
            within = f"the first {BODY_LIMIT // 1024} KiB of " if answer.cut else ""
            return failed(f"HTTP {answer.status}, but {within}the body lacks the expected text")
        if probe.forbid_body and probe.forbid_body in text:
            return failed(f"HTTP {answer.status}, but the body has the forbidden text")
    if probe.max_latency and seconds > probe.max_latency.total_seconds():
        return failed(
            f"HTTP {answer.status} took {seconds * 1000:.0f} ms, longer than {format_duration(probe.max_latency)}"
        )
    return ok(f"HTTP {answer.status}")


@lru_cache(8192)
def parse_url(text: str) -> httpx.URL:
    """Read a URL that holds no credentials; raises `ProbeError`, which does not repeat it."""
    try:
        url = httpx.URL(text)
        url.raw_host.decode("ascii")
    except (httpx.InvalidURL, ValueError):
        raise ProbeError("the URL is not valid") from None
    if not url.host or not 0 < (url.port or 80) < 65536:
        raise ProbeError("the URL names no host, or a port that is none")
    if url.userinfo:
        raise ProbeError("the URL holds a user or password; give it as an Authorization header, by reference")
    return url


def _next(url: httpx.URL, location: str) -> httpx.URL | None:
    try:
        target = url.join(location).copy_with(fragment=None)
    except (httpx.InvalidURL, ValueError):
        return None
    usable = target.scheme in {"http", "https"} and target.host and not target.userinfo
    return target if usable and 0 < (target.port or 80) < 65536 else None


def _headers(given: dict[str, str]) -> list[tuple[bytes, bytes]]:
    """Headers as bytes, references resolved; checked here because the library's complaint would quote the value."""
    headers = [(b"user-agent", b"driftvakt"), (b"accept", b"*/*"), (b"accept-encoding", b"identity")]
    for name, text in given.items():
        value = resolve(text) if is_reference(text) else text
        if not _HEADER_NAME.fullmatch(name):
            raise ProbeError("a header's name has characters that HTTP does not allow")
        if not _HEADER_VALUE.fullmatch(value):
            raise ProbeError(f"the value of header {name} has characters that HTTP does not allow")
        headers = [h for h in headers if h[0] != name.lower().encode()]
        headers.append((name.encode(), value.strip().encode()))
    return headers
