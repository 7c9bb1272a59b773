"""The intake's HTTP interface.

A body of an authenticated source is never answered with 4xx, which would make Alertmanager drop it, and never lost: 200 says that
all of it is durable, 503 that it must be sent again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from temporalio.client import Client

from activities.records import Records
from activities.signs import Signs
from models.errors import StoreError, WatchUnavailableError
from starter.intake import alertmanager, own_json
from starter.intake.bodies import Decode, read_body, understand
from starter.intake.delivery import Delivery
from starter.intake.sources import Sources

_log = logging.getLogger(__name__)

Check = Callable[[], Awaitable[None]]
"""Returns when a part is ready, or raises."""

_RETRY_AFTER_S: Final = 5
_CHECK_TIMEOUT: Final = timedelta(seconds=5)


class Intake:
    """The requests, answered."""

    def __init__(
        self, sources: Sources, delivery: Delivery, checks: dict[str, Check], signs: Signs | None = None
    ) -> None:
        """`checks` are what readiness asks besides the sources; `signs` is where it is noted that a source lives."""
        self._signs = signs
        self._sources = sources
        self._delivery = delivery
        self._checks = checks

    def app(self) -> Starlette:
        """The application for a server."""
        return Starlette(
            routes=[
                Route("/alarms/alertmanager", self.take_webhook, methods=["POST"]),
                Route("/alarms", self.take_alarms, methods=["POST"]),
                Route("/health", self.health),
                Route("/ready", self.ready),
            ]
        )

    async def take_webhook(self, request: Request) -> Response:
        """`POST /alarms/alertmanager`: Alertmanager's webhook, version 4."""
        return await self._take(request, alertmanager.decode)

    async def take_alarms(self, request: Request) -> Response:
        """`POST /alarms`: one alarm or a list of them."""
        return await self._take(request, own_json.decode)

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

    async def _take(self, request: Request, decode: Decode) -> Response:
        source = self._sources.whose(_authorization(request))
        if source is None:
            return self._refusal()
        try:
            return await self._take_from(source, request, decode)
        except (StoreError, WatchUnavailableError) as error:
            _log.warning("alarms of %s were not taken: %s", source, error)
            return _again("the alarms are not durable yet")
        except (ClientDisconnect, TimeoutError):
            return _again("the body did not arrive whole")
        except Exception:  # never 500: whatever it is, the sender keeps the alarms and sends them again
            _log.exception("alarms of %s were not taken", source)
            return _again("the alarms are not durable yet")

    async def _take_from(self, source: str, request: Request, decode: Decode) -> Response:
        body = await read_body(request)
        now = datetime.now(UTC)
        await self._note_sign(source, now)
        receipts = await self._delivery.deliver(understand(body, source, now, decode), source, now)
        return JSONResponse({"receipts": [r.model_dump(mode="json", exclude_none=True) for r in receipts]})

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


def _authorization(request: Request) -> bytes:
    # As bytes: whoever forges a header is not bound to any character set.
    return next((value for key, value in request.headers.raw if key.lower() == b"authorization"), b"")


def _again(reason: str) -> Response:
    return JSONResponse({"error": f"{reason}; send it again"}, 503, {"Retry-After": str(_RETRY_AFTER_S)})
