"""Connections to HTTP servers: one small httpx transport for each origin, which stays open for some time."""

from __future__ import annotations

import codecs
import re
import resource
import ssl
import time
import zlib
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import httpx

from activities.probes.charsets import declared_charset, known_charset
from activities.probes.finding import ProbeFinding, failed, from_error, no_data
from activities.probes.tools import ProbeTools
from models.errors import ProbeError

BODY_LIMIT: Final = 1024 * 1024
"""Bytes of a body that are read and searched."""

_MARKS: Final = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_PRESCAN: Final = 1024
_MARKUP: Final = re.compile(r"^\s*$|html|xml", re.IGNORECASE)
_COMMENT: Final = re.compile(rb"<!--.*?(-->|$)", re.DOTALL)
_DECLARED: Final = re.compile(
    rb"""<meta\b[^>]*?\bcharset\s*=\s*["']?\s*([\w.:-]+)|^\s*<\?xml\b[^>]*?\bencoding\s*=\s*["']([\w.:-]+)""",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """The answer of a server."""

    status: int
    body: bytes
    """At most `BODY_LIMIT` bytes, decompressed."""
    cut: bool
    """Whether the body was longer."""
    charset: str
    location: str | None


@dataclass(slots=True, eq=False)
class _Client:
    transport: httpx.AsyncHTTPTransport
    born: float
    used: float
    users: int = 0
    retired: bool = False


class HttpClients:
    """Open connections to many servers, shared by all probes of a worker; for one event loop.

    httpx's pool checks all its connections for each request, so every origin has a transport of its own. A connection
    is replaced after `renew_after` seconds. Otherwise it would hide a dead listener, a changed address or a new
    certificate. No proxy, netrc or cookie is used: a probe depends only on its dossier.
    """

    def __init__(
        self,
        keep: int = 2000,
        idle_after: float = 120.0,
        renew_after: float = 60.0,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        """Keep at most `keep` origins, fewer if few files may be open. `trust` replaces the system's certificate store."""
        self._keep = min(keep, max(_open_files_allowed() // 2, 1))
        self._idle_after, self._renew_after = idle_after, renew_after
        self._trust = trust
        self._distrust: ssl.SSLContext | None = None
        self._clients: OrderedDict[tuple[str, bool], _Client] = OrderedDict()
        self._retired: list[_Client] = []

    def __len__(self) -> int:
        return len(self._clients)

    async def ask(self, request: httpx.Request, verify: bool) -> HttpAnswer:
        """Send one request and read its answer. Raises `httpx.TransportError`.

        A server may close an open connection at the moment of its next use, which says nothing about its health. So a
        repeatable request is sent once more on a new connection. A POST always uses a new connection.
        """
        if request.method == "POST":
            return await self._ask_anew(request, verify)
        opened = False

        async def trace(event: str, _info: object) -> None:
            nonlocal opened
            opened = opened or event == "connection.connect_tcp.started"

        async with self._client(request.url, verify) as transport:
            request.extensions["trace"] = trace
            try:
                return await _read(await transport.handle_async_request(request))
            except (httpx.NetworkError, httpx.RemoteProtocolError):
                if opened:
                    raise
        return await self._ask_anew(request, verify)

    async def close(self) -> None:
        """Close every connection."""
        for key in list(self._clients):
            self._retire(key)
        await self._close_retired()

    async def _ask_anew(self, request: httpx.Request, verify: bool) -> HttpAnswer:
        async with self._transport(verify) as transport:
            return await _read(await transport.handle_async_request(request))

    @asynccontextmanager
    async def _client(self, url: httpx.URL, verify: bool) -> AsyncIterator[httpx.AsyncHTTPTransport]:
        client = self._take((f"{url.scheme}://{url.netloc.decode('ascii')}", verify), time.monotonic())
        client.users += 1
        try:
            yield client.transport
        finally:
            client.users -= 1
            await self._close_retired()

    def _take(self, key: tuple[str, bool], now: float) -> _Client:
        client = self._clients.get(key)
        if client is not None and now - client.born > self._renew_after:
            self._retire(key)
            client = None
        if client is None:
            client = self._clients[key] = _Client(self._transport(key[1]), now, now)
        client.used = now
        self._clients.move_to_end(key)
        while len(self._clients) > self._keep or self._oldest.used < now - self._idle_after:
            self._retire(next(iter(self._clients)))
        return client

    @property
    def _oldest(self) -> _Client:
        return next(iter(self._clients.values()))

    def _retire(self, key: tuple[str, bool]) -> None:
        client = self._clients.pop(key)
        client.retired = True
        self._retired.append(client)

    async def _close_retired(self) -> None:
        """Close connections that nobody uses any more; a close during a request would fail a healthy target."""
        if not self._retired:
            return
        unused = [c for c in self._retired if not c.users]
        self._retired = [c for c in self._retired if c.users]
        for client in unused:
            await client.transport.aclose()

    def _transport(self, verify: bool) -> httpx.AsyncHTTPTransport:
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=2, keepalive_expiry=self._idle_after)
        return httpx.AsyncHTTPTransport(verify=self._context(verify), trust_env=False, limits=limits)

    def _context(self, verify: bool) -> ssl.SSLContext:
        if verify:
            self._trust = self._trust or ssl.create_default_context()
            return self._trust
        self._distrust = self._distrust or _unverified()
        return self._distrust


def _open_files_allowed() -> int:
    """Return half of the open files that the system allows (1,024 by default on many systems); a worker needs the rest."""
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 1_000_000 if allowed == resource.RLIM_INFINITY else allowed


def _unverified() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def _read(response: httpx.Response) -> HttpAnswer:
    stream, chunks, size = response.stream, [], 0
    assert isinstance(stream, httpx.AsyncByteStream)
    try:
        async for chunk in stream:
            chunks.append(chunk)
            size += len(chunk)
            if size > BODY_LIMIT:
                break
    finally:
        await stream.aclose()
    body, cut = _decompressed(b"".join(chunks), response.headers.get("content-encoding", "identity"))
    return HttpAnswer(
        response.status_code,
        body[:BODY_LIMIT],
        cut or len(body) > BODY_LIMIT,
        _charset(response.headers.get("content-type", ""), body),
        response.headers.get("location"),
    )


def _decompressed(body: bytes, encoding: str) -> tuple[bytes, bool]:
    """Decompress a body up to the limit, which also bounds a decompression bomb."""
    if encoding.lower() not in {"gzip", "x-gzip", "deflate"}:
        return body, False
    inflate = zlib.decompressobj(wbits=47)
    try:
        return inflate.decompress(body, BODY_LIMIT), bool(inflate.unconsumed_tail)
    except zlib.error:
        return body, False


def _charset(content_type: str, body: bytes) -> str:
    """Return the character set that the header declares, else the document itself, else UTF-8.

    As in browsers, a byte-order mark takes precedence, and a document declares its character set in its first 1,024
    bytes.
    """
    marked = next((name for mark, name in _MARKS if body.startswith(mark)), None)
    if marked or (declared := declared_charset(content_type)):
        return marked or declared or "utf-8"
    found = _DECLARED.search(_COMMENT.sub(b"", body[:_PRESCAN])) if _MARKUP.search(content_type) else None
    name = known_charset((found[1] or found[2]).decode("ascii")) if found else None
    # The declaration was readable as ASCII, so the document has none of these character sets.
    return name if name and not name.startswith(("utf-16", "utf-32", "utf-7")) else "utf-8"


def http_clients(tools: ProbeTools) -> HttpClients:
    """Return the connections that all kinds with HTTP share."""
    return HttpClients(keep=tools.http_clients, trust=tools.trust)


def http_failure(error: httpx.HTTPError) -> ProbeFinding:
    """Return the meaning of a failed exchange, without the library's texts, which may quote headers."""
    if isinstance(error, httpx.RemoteProtocolError):
        return failed("the server closed the connection or did not speak HTTP")
    if isinstance(error, httpx.LocalProtocolError | httpx.UnsupportedProtocol):
        return no_data("the request cannot be written as HTTP: check the URL and the headers")
    if isinstance(error, httpx.ReadError | httpx.WriteError):
        return failed("the connection was lost before the answer was complete")
    return from_error(error)


@lru_cache(8192)
def parse_url(text: str) -> httpx.URL:
    """Parse a URL without credentials. Raises `ProbeError`, which does not repeat the URL."""
    try:
        url = httpx.URL(text)
        url.raw_host.decode("ascii")
    except (httpx.InvalidURL, ValueError):
        raise ProbeError("the URL is not valid") from None
    if not url.host or not 0 < (url.port or 80) < 65536:
        raise ProbeError("the URL has no host, or an invalid port")
    if url.userinfo:
        raise ProbeError("the URL contains a user or password; use an Authorization header with a reference")
    return url
