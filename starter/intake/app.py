"""The intake's HTTP interface.

A body of an authenticated source is never answered with 4xx, which would make Alertmanager drop it, and never lost: 200 says that
all of it is durable, 503 that it must be sent again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from temporalio.client import Client

from activities.deadman.signs import Signs
from activities.records import Records
from models.errors import StoreError, WatchUnavailableError
from starter.intake.alertmanager import WEBHOOK
from starter.intake.bodies import Body, Format, read_body, understand
from starter.intake.decoding import BODY_LIMIT, Decoded, UnreadableMessage, applications_in
from starter.intake.delivery import IntakeDelivery, Receipt
from starter.intake.own_json import OWN_JSON
from starter.intake.sources import Sources, authorization
from starter.intake.storing import Room

_log = logging.getLogger(__name__)

Check = Callable[[], Awaitable[None]]
"""Returns when a part is ready, or raises."""

_RETRY_AFTER_S: Final = 5
_CHECK_TIMEOUT: Final = timedelta(seconds=5)
_MOST_REQUESTS: Final = 500
"""With a token, at the same time; beyond, the sender is asked to send again."""
_TURNS: Final = 2
"""Heavy bodies that are taken apart and delivered at the same time, and lighter ones that are taken apart; others wait."""
_HEAVY: Final = 256 * 1024
"""Bytes from which a body is heavy; so is every compressed one."""
_SMALL: Final = 64 * 1024
"""Bytes of a body that is taken apart without waiting."""


class Intake:
    """The requests, answered."""

    def __init__(
        self, sources: Sources, delivery: IntakeDelivery, checks: dict[str, Check], signs: Signs | None = None
    ) -> None:
        """`checks` are what readiness asks besides the sources; `signs` is where it is noted that a source lives."""
        self._signs = signs
        self._sources = sources
        self._delivery = delivery
        self._checks = checks
        self._room = Room()
        self._heavy_turns, self._light_turns = asyncio.Semaphore(_TURNS), asyncio.Semaphore(_TURNS)
        self._running = 0

    def app(self) -> Starlette:
        """The application for a server."""
        app = Starlette(
            routes=[
                Route("/alarms/alertmanager", self.take_webhook, methods=["POST"]),
                Route("/alarms/alertmanager/", self.take_webhook, methods=["POST"]),
                Route("/alarms", self.take_alarms, methods=["POST"]),
                Route("/alarms/", self.take_alarms, methods=["POST"]),
                Route("/health", self.health),
                Route("/ready", self.ready),
            ],
            exception_handlers={404: self.take_elsewhere, 405: self.take_elsewhere},
        )
        app.router.redirect_slashes = False  # many senders do not follow a redirect
        return app

    async def take_webhook(self, request: Request) -> Response:
        """`POST /alarms/alertmanager`: Alertmanager's webhook, version 4."""
        return await self._take(request, WEBHOOK)

    async def take_alarms(self, request: Request) -> Response:
        """`POST /alarms`: one alarm or a list of them."""
        return await self._take(request, OWN_JSON)

    async def take_elsewhere(self, request: Request, error: Exception) -> Response:
        """Any other address or method: what a source sends there is kept, and opens an incident, for it may be an alarm."""
        if (
            request.method in ("POST", "PUT", "PATCH")
            and self._sources.whose(authorization(request.headers.raw)) is not None
        ):
            return await self._take(request, None)
        status = error.status_code if isinstance(error, HTTPException) else 404
        return JSONResponse({"error": "there is nothing at this address"}, status)

    async def health(self, request: Request) -> Response:
        """`GET /health`: this process runs."""
        return JSONResponse({"healthy": True})

    async def ready(self, request: Request) -> Response:
        """`GET /ready`: alarms can be taken now; says which part is missing, and nothing more."""
        passed = await asyncio.gather(*(_passes(check) for check in self._checks.values()))
        standing = {name: "ok" if p else "away" for name, p in zip(self._checks, passed, strict=True)}
        standing["sources"] = self._sources_standing()
        ready = set(standing.values()) == {"ok"}
        return JSONResponse({"ready": ready, "checks": standing}, 200 if ready else 503)

    def _sources_standing(self) -> str:
        sources = self._sources.standing()
        if not sources.configured:
            return "none configured: every alarm is refused"
        return "a token cannot be read" if sources.unreadable else "ok"

    async def _take(self, request: Request, form: Format | None) -> Response:
        source = self._sources.whose(authorization(request.headers.raw))
        if source is None:
            return self._refusal()
        if self._running >= _MOST_REQUESTS:
            return _again("too many messages arrive at the same time")
        self._running += 1
        try:
            return await self._take_from(source, request, form)
        except (StoreError, WatchUnavailableError) as error:
            _log.warning("alarms of %s were not taken: %s", source, error)
            return _again("the alarms are not durable yet")
        except (ClientDisconnect, TimeoutError):
            return _again("the body did not arrive whole")
        except Exception:  # never 500: whatever it is, the sender keeps the alarms and sends them again
            _log.exception("alarms of %s were not taken", source)
            return _again("the alarms are not durable yet")
        finally:
            self._running -= 1

    async def _take_from(self, source: str, request: Request, form: Format | None) -> Response:
        body = await read_body(request, self._room)
        try:
            now = datetime.now(UTC)
            await self._note_sign(source, now)
            parts = understand(body, source, now, form) if form else iter([_misdirected(request, body)])
            receipts = await self._deliver(parts, body, source, now)
        finally:
            body.stored.close()
        # Of a body that was not read to its end, the rest is not read either.
        headers = {"Connection": "close"} if body.cut else None
        told = [r.model_dump(mode="json", exclude_none=True) for r in receipts]
        return JSONResponse({"receipts": told}, headers=headers)

    async def _deliver(self, parts: Iterator[Decoded], body: Body, source: str, now: datetime) -> list[Receipt]:
        """Deliver a body part by part.

        A heavy body keeps its turn until it is delivered: while it waited for a further turn, it would hold its latest part in
        memory, and many of them do at the same time. Lighter bodies have turns of their own, so that they need not wait so long.
        """
        plain = body.encoding in ("", "identity")
        receipts: list[Receipt] = []
        if plain and body.stored.size <= _SMALL:
            for part in parts:
                receipts += await self._delivery.deliver(part, source, now)
        elif plain and body.stored.size < _HEAVY:
            async with self._light_turns:
                decoded = await asyncio.to_thread(list, parts)
            for part in decoded:
                receipts += await self._delivery.deliver(part, source, now)
        else:
            async with self._heavy_turns:
                while (heavy := await asyncio.to_thread(next, parts, None)) is not None:
                    receipts += await self._delivery.deliver(heavy, source, now)
        return receipts

    async def _note_sign(self, source: str, now: datetime) -> None:
        if self._signs is None or not self._signs.due(source):
            return
        try:
            await asyncio.to_thread(self._signs.note, source, now)
        except StoreError as error:  # the alarms themselves count for more; the next message is a sign again
            _log.warning("that %s lives was not noted: %s", source, error)

    def _refusal(self) -> Response:
        if self._sources.standing().unreadable:
            # It may well be the source whose token we cannot read; 401 would make it drop its alarms.
            return _again("a token cannot be read")
        return JSONResponse({"error": "a bearer token of a source is needed"}, 401, {"WWW-Authenticate": "Bearer"})


def temporal_check(client: Client) -> Check:
    """Whether Temporal answers."""

    async def check() -> None:
        if not await client.service_client.check_health(timeout=_CHECK_TIMEOUT):
            raise WatchUnavailableError("Temporal is not serving")

    return check


def database_check(records: Records) -> Check:
    """Whether the records answer."""

    async def check() -> None:
        await asyncio.to_thread(records.ping)

    return check


async def _passes(check: Check) -> bool:
    try:
        async with asyncio.timeout(_CHECK_TIMEOUT.total_seconds()):
            await check()
    except Exception as error:  # whatever it is, that part is not ready
        _log.warning("not ready: %s", error)
        return False
    return True


def _misdirected(request: Request, body: Body) -> Decoded:
    start = body.stored.start(BODY_LIMIT)
    address = f"{request.method} {request.url.path}"[:200]
    reason = f"it was sent to {address}, where nothing is taken; use POST /alarms or POST /alarms/alertmanager"
    return Decoded(
        unreadable=[UnreadableMessage("address", reason, start, applications_in(start.decode("utf-8", "replace")))]
    )


def _again(reason: str) -> Response:
    return JSONResponse({"error": f"{reason}; send it again"}, 503, {"Retry-After": str(_RETRY_AFTER_S)})
