"""Reading the body of a request, however large or slow, and taking it apart, whatever it holds."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from starlette.requests import Request

from starter.intake.decoding import BODY_LIMIT, Decoded, NotUnderstoodError, Unreadable, read_json

_log = logging.getLogger(__name__)

Decode = Callable[[Any, str, datetime], Decoded]
"""From JSON, the name of its source and the time of day to alarms; raises `NotUnderstoodError`."""

_READ_TIMEOUT_S: Final = 30
_READ_LIMIT: Final = 64 * 1024 * 1024
"""Where reading a body that is too large ends."""


@dataclass(frozen=True, slots=True)
class Body:
    """What arrived."""

    start: bytes
    """At most `BODY_LIMIT` bytes."""
    size: int
    sha256: str
    """Of all that was read."""
    encoding: str
    """Its Content-Encoding."""


async def read_body(request: Request) -> Body:
    """Read a body, of one that is too large the start and the digest; `TimeoutError` or `ClientDisconnect` if it stays away."""
    start, size, sha256 = bytearray(), 0, hashlib.sha256()
    async with asyncio.timeout(_READ_TIMEOUT_S):
        async for chunk in request.stream():
            start += chunk[: BODY_LIMIT - len(start)]
            size += len(chunk)
            sha256.update(chunk)
            if size > _READ_LIMIT:
                break
    encoding = request.headers.get("content-encoding", "").strip().lower()
    return Body(bytes(start), size, sha256.hexdigest(), encoding)


def understand(body: Body, source: str, now: datetime, decode: Decode) -> Decoded:
    """Decode a body; what is not understood as a whole is kept as a whole. Never raises."""
    try:
        if body.size > BODY_LIMIT:
            return _whole(
                body, "size", f"the body has {body.size} bytes or more, SHA-256 {body.sha256}; its beginning is kept"
            )
        if body.encoding not in ("", "identity"):
            return _whole(body, "encoding", "the body is compressed, and only plain JSON is read")
        return decode(read_json(body.start), source, now)
    except NotUnderstoodError as error:
        return _whole(body, "shape", str(error))
    except Exception:  # a body that our own reading trips over must be kept, too
        _log.exception("a body of %s could not be read", source)
        return _whole(body, "shape", "reading the body failed; the log says how")


def _whole(body: Body, kind: str, reason: str) -> Decoded:
    return Decoded(unreadable=[Unreadable(kind, reason, body.start)])
