"""Connections to HTTP servers: one small httpx transport per origin, kept warm for a while."""

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
from typing import Final

import httpx

from activities.probes.charsets import declared_charset, known_charset

BODY_LIMIT: Final = 1024 * 1024
"""Bytes of a body that are read, and searched."""

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
    """What a server answered."""

    status: int
    body: bytes
    """At most `BODY_LIMIT` bytes, decompressed."""
    cut: bool
    """Whether there was more."""
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
    """Warm connections to many servers, shared by all probes of a worker; for one event loop.

    httpx's pool walks all its connections for each request, so every origin has a transport of its own. A connection
    is renewed after `renew_after` seconds, so that a kept one hides a dead listener, a changed address or a new
    certificate for no longer than that. No proxy, netrc or cookie ever comes in: a probe depends on its dossier alone.
    """

    def __init__(
        self,
        keep: int = 2000,
        idle_after: float = 120.0,
        renew_after: float = 60.0,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        """Keep at most `keep` origins, fewer where few files may be open; `trust` replaces the system's certificate store."""
        self._keep = min(keep, max(_open_files_allowed() // 2, 1))
        self._idle_after, self._renew_after = idle_after, renew_after
        self._trust = trust
        self._distrust: ssl.SSLContext | None = None
        self._clients: OrderedDict[tuple[str, bool], _Client] = OrderedDict()
        self._retired: list[_Client] = []

    def __len__(self) -> int:
        return len(self._clients)

    async def ask(self, request: httpx.Request, verify: bool) -> HttpAnswer:
        """Send one request and read its answer; raises `httpx.TransportError`.

        A server may close a kept connection in the instant it is used again. That says nothing of its health, so a
        request that can be repeated is sent once more on a new connection; a POST never travels on a kept one.
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
        """Close those that nobody uses any more: closing one in use would fail a healthy target."""
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
    """Many systems allow 1,024 unless told otherwise; the other half is for all else that a worker does."""
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
    """Undo a compression that was not asked for, up to the limit: a bomb stays small."""
    if encoding.lower() not in {"gzip", "x-gzip", "deflate"}:
        return body, False
    inflate = zlib.decompressobj(wbits=47)
    try:
        return inflate.decompress(body, BODY_LIMIT), bool(inflate.unconsumed_tail)
    except zlib.error:
        return body, False


def _charset(content_type: str, body: bytes) -> str:
    """The character set that the header declares, else the document itself, else UTF-8.

    As in browsers, a byte-order mark counts more than a declaration, and a document declares its own in its first 1,024 bytes.
    """
    marked = next((name for mark, name in _MARKS if body.startswith(mark)), None)
    if marked or (declared := declared_charset(content_type)):
        return marked or declared or "utf-8"
    found = _DECLARED.search(_COMMENT.sub(b"", body[:_PRESCAN])) if _MARKUP.search(content_type) else None
    name = known_charset((found[1] or found[2]).decode("ascii")) if found else None
    # What could be read so far is ASCII, so it is none of these, whatever it says.
    return name if name and not name.startswith(("utf-16", "utf-32", "utf-7")) else "utf-8"
