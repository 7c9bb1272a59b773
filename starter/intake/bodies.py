"""Reads and decodes the bodies of requests. It limits their size and time, and keeps everything that it cannot decode."""

from __future__ import annotations

import asyncio
import logging
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from starlette.requests import Request

from starter.intake.characters import Decoder, decoder_for
from starter.intake.decoding import (
    BODY_LIMIT,
    Decoded,
    NotUnderstoodError,
    UnreadableMessage,
    applications_in,
    read_json,
)
from starter.intake.splitting import Piece, Splitter
from starter.intake.storing import Room, StoredBody

_log = logging.getLogger(__name__)

READ_TIMEOUT_S: Final = 30
"""Seconds within which a body must arrive; each further 5 MB of it extend the time by as much."""
READ_LIMIT: Final = 64 * 1024 * 1024
"""The number of bytes of a body, as sent and also decompressed, after which reading ends."""
_PART_ALARMS: Final = 500
_PART_BYTES: Final = 1_000_000
"""A part of a body is delivered as soon as it has this many messages or characters."""


_MOST_UNREADABLE: Final = 100
"""The number of unreadable messages of one body that the quarantine keeps one by one; it keeps the rest as one body."""


@dataclass(frozen=True, slots=True)
class Format:
    """A format of alarm messages, with its decoder."""

    decode: Callable[[Any, str, datetime], Decoded]
    """Takes JSON data, the name of the source and the current time; returns alarms. Raises `NotUnderstoodError`."""
    list_key: str | None
    """The key of the outermost object with the list of messages. None: the body itself is the list, or one message."""

    def one(self, message: Any) -> Any:
        """Return a body that contains only this message."""
        return [message] if self.list_key is None else {self.list_key: [message]}


@dataclass(slots=True)
class Body:
    """A body that arrived, with its encoding."""

    stored: StoredBody
    encoding: str
    """The header Content-Encoding of the request."""
    content_type: str
    cut: bool = False
    """Whether the body was longer than the limit."""


async def read_body(request: Request, room: Room) -> Body:
    """Read a body, up to `READ_LIMIT`. The caller must close its `stored`.

    Raise `TimeoutError` or `ClientDisconnect` when the body does not arrive.
    """
    encoding = request.headers.get("content-encoding", "").strip().lower()
    body = Body(room.body(), encoding, request.headers.get("content-type", ""))
    try:
        async with asyncio.timeout(READ_TIMEOUT_S) as deadline:
            async for chunk in request.stream():
                before = body.stored.size
                body.stored.write(chunk[: READ_LIMIT - before])
                if body.stored.size // BODY_LIMIT > before // BODY_LIMIT:
                    deadline.reschedule(asyncio.get_running_loop().time() + READ_TIMEOUT_S)
                if body.stored.size >= READ_LIMIT:
                    body.cut = True
                    break
    except BaseException:
        body.stored.close()
        raise
    return body


def understand(body: Body, source: str, now: datetime, form: Format) -> Iterator[Decoded]:
    """Yield a body part by part, with its alarms and its unreadable messages. Never raises.

    If the body cannot be read at all, it becomes one unreadable message.
    """
    try:
        yield from _Reading(body, source, now, form).parts()
        return
    except NotUnderstoodError as error:
        kind, reason = "shape", str(error)
    except _CompressionError as error:
        kind, reason = "encoding", str(error)
    except Exception:  # the quarantine must keep the body, even if our own decoder has a defect
        _log.exception("a body of %s could not be read", source)
        kind, reason = "shape", "reading the body failed; the log says how"
    # Outside the `except` blocks, because an exception that is being handled keeps the decoder's data in memory.
    yield _whole(body, kind, reason)


class _Reading:
    """Decodes one body."""

    def __init__(self, body: Body, source: str, now: datetime, form: Format) -> None:
        self._body = body
        self._source = source
        self._now = now
        self._form = form
        self._cut = body.cut
        self._noted = self._dropped = 0

    def parts(self) -> Iterator[Decoded]:
        """Yield the parts of the body."""
        if (whole := self._at_once()) is not None:
            yield whole
            return
        splitter = Splitter(self._form.list_key, BODY_LIMIT)
        part, size, any_message = Decoded(), 0, False
        for piece in self._pieces(splitter):
            self._add(part, piece)
            if not any_message and part.unreadable and not splitter.found:
                raise NotUnderstoodError(part.unreadable[0].reason)  # no list: the quarantine keeps junk as one body
            any_message = True
            size += len(piece.text)
            if size >= _PART_BYTES or len(part.alarms) + len(part.unreadable) >= _PART_ALARMS:
                yield part
                part, size = Decoded(), 0
        if not any_message and not splitter.found:
            raise NotUnderstoodError(self._nothing_found(splitter))
        self._add_around(part, splitter)
        if self._dropped:
            reason = (
                f"of {_MOST_UNREADABLE + self._dropped} unreadable messages, the quarantine keeps the rest as one body"
            )
            part.unreadable.append(_kept_whole(self._body, "shape", reason))
        if self._cut:
            limit = READ_LIMIT // 1024 // 1024
            part.unreadable.append(
                _kept_whole(self._body, "size", f"the body has more than {limit} MB; the rest was not read")
            )
        yield part

    def _at_once(self) -> Decoded | None:
        """Return the whole body if it is small and readable, which is the usual case and the fastest; else None."""
        if self._body.stored.size > _PART_BYTES or self._body.encoding not in ("", "identity"):
            return None
        try:
            text = self._decoder()
            content = text.decode(b"".join(self._body.stored.chunks()), final=True)
            decoded = self._form.decode(read_json(content), self._source, self._now)
        except Exception:  # `parts` tries again, message by message
            return None
        return None if decoded.unreadable or len(decoded.alarms) > _PART_ALARMS else decoded

    def _pieces(self, splitter: Splitter) -> Iterator[Piece]:
        decoder = self._decoder()
        for chunk in self._plain():
            yield from splitter.feed(decoder.decode(chunk))
        yield from splitter.feed(decoder.decode(b"", final=True))
        yield from splitter.finish()

    def _add(self, part: Decoded, piece: Piece) -> None:
        """Decode one message into a part of the body."""
        kept = piece.text.strip().encode("utf-8", "replace")[:BODY_LIMIT]
        if piece.cut:
            reason = f"a message has more than {BODY_LIMIT} characters, and its beginning is kept; {self._digest()}"
            self._note(part, UnreadableMessage("size", reason, kept, applications_in(piece.text)))
            return
        try:
            found = self._form.decode(self._form.one(read_json(piece.text)), self._source, self._now)
        except NotUnderstoodError as error:
            found = Decoded(unreadable=[UnreadableMessage("shape", str(error), b"")])
        except Exception:
            _log.exception("a message of %s could not be read", self._source)
            found = Decoded(
                unreadable=[UnreadableMessage("shape", "reading the message failed; the log says how", b"")]
            )
        part.alarms += found.alarms
        part.remarks |= found.remarks
        for unreadable in found.unreadable:
            self._note(part, unreadable.about(kept, applications_in(piece.text)))

    def _note(self, part: Decoded, unreadable: UnreadableMessage) -> None:
        """Add an unreadable message to a part, or count it once there are too many."""
        self._noted += 1
        if self._noted <= _MOST_UNREADABLE:
            part.unreadable.append(unreadable)
        else:
            self._dropped += 1

    def _add_around(self, part: Decoded, splitter: Splitter) -> None:
        """Decode the text around the list of messages, with the list left empty."""
        piece = splitter.around()
        if piece is None or splitter.unfinished or (self._form.list_key is None and piece.text.strip() == "[]"):
            return
        try:
            if self._form.list_key is None:
                raise NotUnderstoodError("the list of alarms is incomplete, or something follows it")
            found = self._form.decode(read_json(piece.text), self._source, self._now)
        except NotUnderstoodError as error:
            found = Decoded(unreadable=[_kept_whole(self._body, "shape", str(error))])
        part.alarms += found.alarms
        part.unreadable += found.unreadable

    def _digest(self) -> str:
        return f"the whole body has {self._body.stored.size} bytes, SHA-256 {self._body.stored.sha256}"

    def _nothing_found(self, splitter: Splitter) -> str:
        piece = splitter.around()
        if piece is None:
            return "the body is empty"
        self._form.decode(read_json(piece.text), self._source, self._now)  # raises with the missing field
        return "the body contains no message"

    def _decoder(self) -> Decoder:
        return decoder_for(next(self._plain(), b""), self._body.content_type)

    def _plain(self) -> Iterator[bytes]:
        """Yield the bytes of the body, decompressed."""
        encoding, stored = self._body.encoding, self._body.stored
        if encoding in ("", "identity"):
            yield from stored.chunks()
        elif encoding in ("gzip", "x-gzip", "deflate"):
            yield from self._inflated(stored)
        else:
            raise _CompressionError("the compression of the body is unknown; use gzip or none")

    def _inflated(self, stored: StoredBody) -> Iterator[bytes]:
        inflate, size = zlib.decompressobj(wbits=47), 0
        for chunk in stored.chunks():
            while chunk:
                try:
                    plain = inflate.decompress(chunk, 64 * 1024)
                except zlib.error:
                    raise _CompressionError("the body is not compressed as its Content-Encoding says") from None
                size += len(plain)
                if size > READ_LIMIT:
                    self._cut = True
                    return
                yield plain
                chunk = inflate.unconsumed_tail
        if not inflate.eof and not self._body.cut:
            raise _CompressionError("the compressed body is incomplete")


class _CompressionError(Exception):
    """A body cannot be decompressed. The text is one sentence."""


def _whole(body: Body, kind: str, reason: str) -> Decoded:
    return Decoded(unreadable=[_kept_whole(body, kind, reason)])


def _kept_whole(body: Body, kind: str, reason: str) -> UnreadableMessage:
    start = body.stored.start(BODY_LIMIT)
    if body.stored.size > len(start):
        reason += f"; of its {body.stored.size} bytes, SHA-256 {body.stored.sha256}, the first {len(start)} are kept"
    return UnreadableMessage(kind, reason, start, applications_in(start.decode("utf-8", "replace")))
