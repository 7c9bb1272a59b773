"""Masks the values of secrets in all data that leaves the worker."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from models.errors import CredentialError

_MASK = b"***"


class Mask:
    """Masks the values of references (`env:NAME`, `file:PATH`); raises `CredentialError` for a reference without a
    value.
    """

    def __init__(self, references: Iterable[str]) -> None:
        values: set[bytes] = set()
        for reference in references:
            value = _resolve(reference)
            # A value of many lines is printed line by line as often as whole.
            values.update({value, *(line.strip() for line in value.splitlines() if len(line.strip()) >= 8)})
        self._values = sorted(filter(None, values), key=len, reverse=True)

    def data(self, data: bytes, *, cut_before: bool = False, cut_after: bool = False) -> bytes:
        """Mask the values in bytes; where the bytes were cut, also a value of which only a part remains."""
        for value in self._values:
            data = data.replace(value, _MASK)
        if cut_after:
            data = self._hide_beginning(data)
        if cut_before:
            data = self._hide_end(data)
        return data

    def text(self, text: str) -> str:
        """Mask the values in text."""
        return self.data(text.encode(errors="replace")).decode(errors="replace") if self._values else text

    def _hide_beginning(self, data: bytes) -> bytes:
        longest = max((n for v in self._values for n in range(1, len(v)) if data.endswith(v[:n])), default=0)
        return data[: len(data) - longest] + _MASK if longest else data

    def _hide_end(self, data: bytes) -> bytes:
        longest = max((n for v in self._values for n in range(1, len(v)) if data.startswith(v[-n:])), default=0)
        return _MASK + data[longest:] if longest else data


def _resolve(reference: str) -> bytes:
    kind, _, name = reference.partition(":")
    if kind == "env" and name:
        if name not in os.environ:
            raise CredentialError(f"secret {reference}: the variable is not set on this worker")
        return os.environb[name.encode()].strip()
    if kind == "file" and name:
        try:
            return Path(name).expanduser().read_bytes().strip()
        except OSError as error:
            raise CredentialError(
                f"secret {reference}: the file cannot be read on this worker ({error.strerror})"
            ) from None
    raise CredentialError(f"secret {reference!r}: write env:NAME or file:PATH")
