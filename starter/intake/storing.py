"""Holding the bodies of requests: in memory as long as there is room for all of them, else in files."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from typing import IO, Final

from models.errors import StoreUnavailableError

_CHUNK: Final = 64 * 1024
MEMORY: Final = 32 * 1024 * 1024
"""Bytes of bodies that are held in memory at the same time, over all requests."""
DISK: Final = 1024 * 1024 * 1024
"""Bytes of bodies that are held in temporary files at the same time; beyond, senders are asked to send again."""


class Room:
    """How much all bodies together may take."""

    def __init__(self, memory: int = MEMORY, disk: int = DISK) -> None:
        self.memory = memory
        self.disk = disk

    def body(self) -> StoredBody:
        """An empty body; close it to give its room back."""
        return StoredBody(self)


class StoredBody:
    """The bytes of one body."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._chunks: list[bytes] = []
        self._file: IO[bytes] | None = None
        self._digest = hashlib.sha256()
        self._in_memory = self._on_disk = 0

    @property
    def size(self) -> int:
        """How many bytes were written."""
        return self._in_memory + self._on_disk

    @property
    def sha256(self) -> str:
        """Of all bytes."""
        return self._digest.hexdigest()

    def write(self, chunk: bytes) -> None:
        """Add bytes; raises `StoreUnavailableError` where there is no room for them."""
        self._digest.update(chunk)
        if self._file is None and len(chunk) <= self._room.memory:
            self._chunks.append(chunk)
            self._room.memory -= len(chunk)
            self._in_memory += len(chunk)
            return
        if len(chunk) > self._room.disk:
            raise StoreUnavailableError("too many large bodies arrive at the same time")
        self._room.disk -= len(chunk)
        self._on_disk += len(chunk)
        try:
            self._file = self._file or tempfile.TemporaryFile()  # noqa: SIM115
            self._file.write(chunk)
        except OSError as error:
            raise StoreUnavailableError(f"the body cannot be kept in a temporary file: {error.strerror}") from None

    def chunks(self) -> Iterator[bytes]:
        """All bytes, from the beginning."""
        for chunk in self._chunks:
            for at in range(0, len(chunk), _CHUNK):
                yield chunk[at : at + _CHUNK]
        if self._file is not None:
            self._file.seek(0)
            while chunk := self._file.read(_CHUNK):
                yield chunk

    def start(self, size: int) -> bytes:
        """The first bytes."""
        found = bytearray()
        for chunk in self.chunks():
            found += chunk[: size - len(found)]
            if len(found) == size:
                break
        return bytes(found)

    def close(self) -> None:
        """Give the room back; closing again changes nothing."""
        self._room.memory += self._in_memory
        self._room.disk += self._on_disk
        self._in_memory = self._on_disk = 0
        self._chunks = []
        if self._file is not None:
            self._file.close()
            self._file = None
