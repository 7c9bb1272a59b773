"""The intake's HTTP interface.

The intake never loses a body of an authenticated source. Status 200 means that all alarms of the body are durable; 503 means that
the source must send it again. The intake never answers such a body with 4xx, because Alertmanager would then drop the alarms.
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

from activities.records import Records
from activities.records.heartbeats import SourceHeartbeats
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
"""Returns if a part is ready, and raises any exception if not."""

_RETRY_AFTER_S: Final = 5
_CHECK_TIMEOUT: Final = timedelta(seconds=5)
_MOST_REQUESTS: Final = 500
"""The requests with a token that the intake handles at the same time. It answers further ones with 503."""
_TURNS: Final = 2
"""The number of heavy bodies that are handled at the same time, and of light bodies that are decoded. Further bodies wait."""
_HEAVY: Final = 256 * 1024
"""The size in bytes from which a body is heavy. A compressed body is always heavy."""
_SMALL: Final = 64 * 1024
"""The size in bytes up to which a body is decoded without waiting for a turn."""


class Intake:
    """Answers the HTTP requests of the intake."""

    def __init__(
        self,
        sources: Sources,
        delivery: IntakeDelivery,
        checks: dict[str, Check],
        heartbeats: SourceHeartbeats | None = None,
    ) -> None:
        """`checks` are the parts, besides the sources, that must be ready; `heartbeats` records each source's last message."""
        self._heartbeats = heartbeats
        self._sources = sources
        self._delivery = delivery
        self._checks = checks
        self._room = Room()
        self._heavy_turns, self._light_turns = asyncio.Semaphore(_TURNS), asyncio.Semaphore(_TURNS)
        self._running = 0

    def app(self) -> Starlette:
        """Return the web application."""
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
        """Any other address or method: the body of a source may be an alarm; it goes to quarantine, and an incident opens."""
        if (
            request.method in ("POST", "PUT", "PATCH")
            and self._sources.whose(authorization(request.headers.raw)) is not None
        ):
            return await self._take(request, None)
        status = error.status_code if isinstance(error, HTTPException) else 404
        return JSONResponse({"error": "there is nothing at this address"}, status)

    async def health(self, request: Request) -> Response:
        """`GET /health`: answer 200 while this process runs."""
        return JSONResponse({"healthy": True})

    async def ready(self, request: Request) -> Response:
        """`GET /ready`: answer 200 if the intake can receive alarms, else 503; name the missing parts, without details."""
        passed = await asyncio.gather(*(_passes(check) for check in self._checks.values()))
        states = {name: "ok" if p else "away" for name, p in zip(self._checks, passed, strict=True)}
        states["sources"] = self._sources_state()
        ready = set(states.values()) == {"ok"}
        return JSONResponse({"ready": ready, "checks": states}, 200 if ready else 503)

    def _sources_state(self) -> str:
        sources = self._sources.state()
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
            _log.warning("alarms of %s were not accepted: %s", source, error)
            return _again("the alarms are not stored yet")
        except (ClientDisconnect, TimeoutError):
            return _again("the body is incomplete")
        except Exception:  # never 500: after a 503, the sender keeps the alarms and sends them again
            _log.exception("alarms of %s were not accepted", source)
            return _again("the alarms are not stored yet")
        finally:
            self._running -= 1

    async def _take_from(self, source: str, request: Request, form: Format | None) -> Response:
        body = await read_body(request, self._room)
        try:
            now = datetime.now(UTC)
            await self._note_heartbeat(source, now)
            parts = understand(body, source, now, form) if form else iter([_misdirected(request, body)])
            receipts = await self._deliver(parts, body, source, now)
        finally:
            body.stored.close()
        # The intake does not read the rest of a cut body, so the connection cannot carry another request.
        headers = {"Connection": "close"} if body.cut else None
        as_json = [r.model_dump(mode="json", exclude_none=True) for r in receipts]
        return JSONResponse({"receipts": as_json}, headers=headers)

    async def _deliver(self, parts: Iterator[Decoded], body: Body, source: str, now: datetime) -> list[Receipt]:
        """Deliver a body part by part.

        A heavy body keeps its turn until it is delivered. If each part waited for its own turn, many waiting bodies would each
        hold a part in memory. Lighter bodies have turns of their own, so that they need not wait for heavy ones.
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

    async def _note_heartbeat(self, source: str, now: datetime) -> None:
        if self._heartbeats is None or not self._heartbeats.due(source):
            return
        try:
            await asyncio.to_thread(self._heartbeats.note, source, now)
        except StoreError as error:  # alarms matter more, and the next message is a heartbeat, too
            _log.warning("the heartbeat of %s was not recorded: %s", source, error)

    def _refusal(self) -> Response:
        if self._sources.state().unreadable:
            # The sender may be the source whose token we cannot read; after a 401 it would drop its alarms.
            return _again("a token cannot be read")
        return JSONResponse({"error": "a bearer token of a source is needed"}, 401, {"WWW-Authenticate": "Bearer"})


def temporal_check(client: Client) -> Check:
    """Return a check that Temporal answers."""

    async def check() -> None:
        if not await client.service_client.check_health(timeout=_CHECK_TIMEOUT):
            raise WatchUnavailableError("Temporal is not serving")

    return check


def database_check(records: Records) -> Check:
    """Return a check that the database of the records answers."""

    async def check() -> None:
        await asyncio.to_thread(records.ping)

    return check


async def _passes(check: Check) -> bool:
    try:
        async with asyncio.timeout(_CHECK_TIMEOUT.total_seconds()):
            await check()
    except Exception as error:  # after any error, the part is not ready
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
