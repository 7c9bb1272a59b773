"""Limits the connections to the intake, so that senders without a token cannot block senders with a valid one.

Uvicorn has no deadline for a request's headers, and it counts idle connections like busy ones. Here every request has a deadline
for its headers, and the number of connections without a token is limited: a new one replaces the oldest.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Any, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEADERS_WITHIN_S: Final = 10
"""Seconds from the opening of a connection, or from the end of the previous request, to the last header."""

MOST_UNPROVEN: Final = 128
"""The limit for connections that are older than `YOUNG_S` and have not sent a source's token."""

YOUNG_S: Final = 3
"""Seconds for which a new connection is safe from that limit: in a burst, many open before the first one is read."""

MOST_YOUNG: Final = 2000
"""The limit for all connections without a token, including the young ones."""

MOST_PROVEN: Final = 512
"""The limit for connections of sources. Above it, the oldest idle one is closed."""

Proves = Callable[[Iterable[tuple[bytes, bytes]]], bool]
"""Returns whether these headers contain the token of a source."""


class Connections:
    """Keeps the connections of one intake within the limits."""

    def __init__(
        self,
        proves: Proves,
        *,
        unproven: int = MOST_UNPROVEN,
        young: int = MOST_YOUNG,
        proven: int = MOST_PROVEN,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.proves = proves
        self._unproven_limit, self._young_limit, self._proven_limit = unproven, young, proven
        self._clock = clock
        self._unproven: dict[GuardedProtocol, float] = {}
        """The time at which each was opened, the oldest first."""
        self._proven: dict[GuardedProtocol, None] = {}

    def protocol(self) -> type[H11Protocol]:
        """Return the class with which the server creates each connection."""

        class Guarded(GuardedProtocol):
            connections_of_intake = self

        return Guarded

    def opened(self, connection: GuardedProtocol) -> None:
        """Add a new connection. If there are too many without a token, close the oldest of these."""
        now = self._clock()
        while len(self._unproven) >= self._unproven_limit:
            oldest, since = next(iter(self._unproven.items()))
            if now - since < YOUNG_S and len(self._unproven) < self._young_limit:
                break
            del self._unproven[oldest]
            oldest.abort()
        self._unproven[connection] = now

    def proved(self, connection: GuardedProtocol) -> None:
        """Record that a connection has sent the token of a source. If there are too many such ones, close the oldest idle one."""
        self._unproven.pop(connection, None)
        if len(self._proven) >= self._proven_limit and connection not in self._proven:
            oldest = next((c for c in self._proven if c.idle), None)
            if oldest is not None:  # else all are busy, and the application limits their number
                del self._proven[oldest]
                oldest.abort()
        self._proven[connection] = None

    def closed(self, connection: GuardedProtocol) -> None:
        """Forget a connection that was closed."""
        self._unproven.pop(connection, None)
        self._proven.pop(connection, None)


class GuardedProtocol(H11Protocol):
    """One connection, with a deadline for the headers of each request."""

    connections_of_intake: Connections
    _deadline: asyncio.TimerHandle | None = None
    _seen: Any = None
    """The request whose headers were checked last."""

    @property
    def idle(self) -> bool:
        """Return whether no request is in progress."""
        return self.cycle is None or self.cycle.response_complete

    def abort(self) -> None:
        """Close the connection at once."""
        self._stop_waiting()
        if self.transport is not None:
            self.transport.abort()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the deadline of the first request."""
        super().connection_made(transport)
        self._wait_for_headers()
        self.connections_of_intake.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancel the deadline, and forget the connection."""
        self._stop_waiting()
        self.connections_of_intake.closed(self)
        super().connection_lost(exc)

    def handle_events(self) -> None:
        """Handle the data that has arrived, and check the headers of a new request for a token."""
        super().handle_events()
        if self.cycle is None or self.cycle is self._seen:
            return
        self._seen = self.cycle
        self._stop_waiting()
        if self.connections_of_intake.proves(self.headers):
            self.connections_of_intake.proved(self)

    def on_response_complete(self) -> None:
        """Start the deadline of the next request on this connection."""
        if not self.transport.is_closing():
            self._wait_for_headers()
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer data that is not HTTP. A source whose body breaks off gets 503, because it would drop the alarms after a 4xx."""
        begun = self.cycle is not None and not self.cycle.response_complete
        if begun:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            self.transport.close()
        elif begun and self.connections_of_intake.proves(self.headers):
            text = b'{"error": "the body is incomplete; send it again"}'
            headers = [
                (b"content-type", b"application/json"),
                (b"content-length", str(len(text)).encode()),
                (b"retry-after", b"5"),
                (b"connection", b"close"),
            ]
            for event in (h11.Response(status_code=503, headers=headers), h11.Data(data=text), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
            self.transport.close()
        else:
            super().send_400_response(msg)

    def _wait_for_headers(self) -> None:
        self._stop_waiting()
        self._deadline = self.loop.call_later(HEADERS_WITHIN_S, self.abort)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
