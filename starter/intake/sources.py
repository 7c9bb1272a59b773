"""The sources that may send alarms. Each proves its name by a bearer token."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from activities.secrets.references import resolve
from models.errors import SettingsError


@dataclass(frozen=True, slots=True)
class SourcesState:
    """The number of configured sources, and of those whose token cannot be read."""

    configured: int
    unreadable: int


class Sources:
    """The configured sources. Their tokens are read for each request, so that a token can be replaced without a restart."""

    def __init__(self, references: Mapping[str, str]) -> None:
        """`references` is `{source: "file:PATH" or "env:NAME"}`."""
        self._references = dict(references)

    def state(self) -> SourcesState:
        """Return the state of the tokens."""
        return SourcesState(len(self._references), list(self._tokens().values()).count(None))

    def whose(self, authorization: bytes) -> str | None:
        """Return the source whose token this `Authorization` header has, or None.

        Every token is compared, in constant time, so that the response time reveals nothing about the tokens.
        """
        scheme, _, given = authorization.partition(b" ")
        digest = hashlib.sha256(given.strip()).digest()
        found = None
        for name, token in self._tokens().items():
            if token is not None and hmac.compare_digest(digest, token):
                found = name
        return found if scheme.lower() == b"bearer" else None

    def _tokens(self) -> dict[str, bytes | None]:
        return {name: _digest(reference) for name, reference in self._references.items()}


def authorization(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return the `Authorization` header, as bytes because a forged one may have any encoding; empty if it is missing."""
    return next((value for key, value in headers if key.lower() == b"authorization"), b"")


def _digest(reference: str) -> bytes | None:
    try:
        token = resolve(reference).strip()
    except SettingsError:
        return None
    return hashlib.sha256(token.encode()).digest() if token else None
