"""Probes that request a page and compare the answer with the expected one."""

from __future__ import annotations

import re
import time
from typing import Final

import httpx

from activities.probes.finding import ProbeFinding, failed, ok
from activities.probes.http_clients import BODY_LIMIT, HttpAnswer, HttpClients, http_clients, http_failure, parse_url
from activities.probes.kinds import carries_out
from activities.probes.tools import ProbeTools
from activities.secrets.references import is_reference, resolve
from models.base import format_duration
from models.errors import ProbeError
from models.probes import HttpProbe

REDIRECT_LIMIT: Final = 10

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE: Final = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]*")


@carries_out(HttpProbe)
async def carry_out(probe: HttpProbe, tools: ProbeTools) -> ProbeFinding:
    """Request the page. Raises OSError if no connection is possible."""
    await tools.find_name(parse_url(probe.url).host, probe.timeout)
    try:
        return await probe_http(probe, tools.kept(http_clients))
    except httpx.HTTPError as error:
        return http_failure(error)


async def probe_http(probe: HttpProbe, clients: HttpClients) -> ProbeFinding:
    """Request the page and compare the answer with the expected one."""
    began = time.perf_counter()
    url, method, body, headers = parse_url(probe.url), probe.method, probe.body, _headers(probe.headers)
    for _ in range(REDIRECT_LIMIT):
        request = httpx.Request(method, url, headers=headers, content=body)
        answer = await clients.ask(request, probe.verify_tls)
        if not (probe.follow_redirects and answer.status in _REDIRECTS and answer.location):
            return _judge(probe, answer, time.perf_counter() - began)
        target = _next(url, answer.location)
        if target is None:
            return failed(f"HTTP {answer.status} leads to an address that is not an http(s) URL")
        if target.netloc != url.netloc or target.scheme != url.scheme:
            headers = _headers({})  # another server gets none of the headers, because they may contain secrets
        if answer.status == 303 or (answer.status in {301, 302} and method == "POST"):
            method, body = ("HEAD" if method == "HEAD" else "GET"), None
        url = target
    return failed(f"more than {REDIRECT_LIMIT} redirects in a row")


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


def _next(url: httpx.URL, location: str) -> httpx.URL | None:
    try:
        target = url.join(location).copy_with(fragment=None)
    except (httpx.InvalidURL, ValueError):
        return None
    usable = target.scheme in {"http", "https"} and target.host and not target.userinfo
    return target if usable and 0 < (target.port or 80) < 65536 else None


def _headers(given: dict[str, str]) -> list[tuple[bytes, bytes]]:
    """Return the headers as bytes, with references resolved. They are checked here because the library's error would
    quote the value.
    """
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
