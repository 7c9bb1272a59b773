"""Stores the bodies of requests: in memory while all of them fit there, else in temporary files."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from typing import IO, Final

from models.errors import StoreUnavailableError

_CHUNK: Final = 64 * 1024
MEMORY: Final = 32 * 1024 * 1024
"""The limit in bytes for the bodies of all requests in memory."""
DISK: Final = 1024 * 1024 * 1024
"""The limit in bytes for all bodies in temporary files. Above it, the intake answers 503."""


class Room:
    """The memory and disk space that all bodies share."""

    def __init__(self, memory: int = MEMORY, disk: int = DISK) -> None:
        self.memory = memory
        self.disk = disk

    def body(self) -> StoredBody:
        """Return an empty body. The caller must close it to free its space."""
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
        """Return the number of bytes that were written."""
        return self._in_memory + self._on_disk

    @property
    def sha256(self) -> str:
        """Return the SHA-256 of the bytes."""
        return self._digest.hexdigest()

    def write(self, chunk: bytes) -> None:
        """Add bytes. Raise `StoreUnavailableError` when there is no space for them."""
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
        """Yield all bytes, from the beginning."""
        for chunk in self._chunks:
            for at in range(0, len(chunk), _CHUNK):
                yield chunk[at : at + _CHUNK]
        if self._file is not None:
            self._file.seek(0)
            while chunk := self._file.read(_CHUNK):
                yield chunk

    def start(self, size: int) -> bytes:
        """Return the first bytes of the body."""
        found = bytearray()
        for chunk in self.chunks():
            found += chunk[: size - len(found)]
            if len(found) == size:
                break
        return bytes(found)

    def close(self) -> None:
        """Free the space. A second call does nothing."""
        self._room.memory += self._in_memory
        self._room.disk += self._on_disk
        self._in_memory = self._on_disk = 0
        self._chunks = []
        if self._file is not None:
            self._file.close()
            self._file = None
