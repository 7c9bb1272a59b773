"""Connections to the intake: senders that have proven their token are not crowded out by whoever has not.

Uvicorn has no deadline for a request's headers and counts idle connections like busy ones. Here every request has a deadline for
its headers, and connections without a token are few: a new one takes the place of the oldest.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Any, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEADERS_WITHIN_S: Final = 10
"""From the opening of a connection, or the end of the request before, to the last header."""

MOST_UNPROVEN: Final = 128
"""Connections on which no token of a source has been seen, although they are older than `YOUNG_S`."""

YOUNG_S: Final = 3
"""In a burst many connections open before the first one is read; so long each of them may stay."""

MOST_YOUNG: Final = 2000
"""Connections without a token, the young ones counted."""

MOST_PROVEN: Final = 512
"""Connections of sources; beyond, one that waits for its next request is closed."""

Proves = Callable[[Iterable[tuple[bytes, bytes]]], bool]
"""Whether these headers hold the token of a source."""


class Connections:
    """All connections of one intake."""

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
        """With the time at which they were opened, the oldest first."""
        self._proven: dict[GuardedProtocol, None] = {}

    def protocol(self) -> type[H11Protocol]:
        """What a server makes a connection with."""

        class Guarded(GuardedProtocol):
            connections_of_intake = self

        return Guarded

    def opened(self, connection: GuardedProtocol) -> None:
        """Take a new connection in; the oldest that has not proven its token goes where there are too many."""
        now = self._clock()
        while len(self._unproven) >= self._unproven_limit:
            oldest, since = next(iter(self._unproven.items()))
            if now - since < YOUNG_S and len(self._unproven) < self._young_limit:
                break
            del self._unproven[oldest]
            oldest.abort()
        self._unproven[connection] = now

    def proved(self, connection: GuardedProtocol) -> None:
        """A connection has proven the token of a source; the oldest that is idle goes where there are too many."""
        self._unproven.pop(connection, None)
        if len(self._proven) >= self._proven_limit and connection not in self._proven:
            oldest = next((c for c in self._proven if c.idle), None)
            if oldest is not None:  # else each is being served, and the application bounds how many
                del self._proven[oldest]
                oldest.abort()
        self._proven[connection] = None

    def closed(self, connection: GuardedProtocol) -> None:
        """A connection is closed."""
        self._unproven.pop(connection, None)
        self._proven.pop(connection, None)


class GuardedProtocol(H11Protocol):
    """One connection, which has so long for the headers of a request."""

    connections_of_intake: Connections
    _deadline: asyncio.TimerHandle | None = None
    _seen: Any = None
    """The request whose headers were looked at last."""

    @property
    def idle(self) -> bool:
        """Whether no request is being answered."""
        return self.cycle is None or self.cycle.response_complete

    def abort(self) -> None:
        """Close at once."""
        self._stop_waiting()
        if self.transport is not None:
            self.transport.abort()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A connection is open."""
        super().connection_made(transport)
        self._wait_for_headers()
        self.connections_of_intake.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """A connection is closed."""
        self._stop_waiting()
        self.connections_of_intake.closed(self)
        super().connection_lost(exc)

    def handle_events(self) -> None:
        """Look at what has arrived."""
        super().handle_events()
        if self.cycle is None or self.cycle is self._seen:
            return
        self._seen = self.cycle
        self._stop_waiting()
        if self.connections_of_intake.proves(self.headers):
            self.connections_of_intake.proved(self)

    def on_response_complete(self) -> None:
        """A request is answered: the next one on this connection has the same time for its headers."""
        if not self.transport.is_closing():
            self._wait_for_headers()
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP; a source whose body breaks off half-way is asked to send it again, for 4xx would lose it."""
        begun = self.cycle is not None and not self.cycle.response_complete
        if begun:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            self.transport.close()
        elif begun and self.connections_of_intake.proves(self.headers):
            text = b'{"error": "the body did not arrive whole; send it again"}'
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
