"""Who may send alarms: sources, each known by its bearer token."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from activities.secrets.references import resolve
from models.errors import SettingsError


@dataclass(frozen=True, slots=True)
class SourcesState:
    """Whether sources can be told apart now."""

    configured: int
    unreadable: int
    """How many tokens cannot be read."""


class Sources:
    """The configured sources; a token is read anew for each request, so that it can be exchanged while we run."""

    def __init__(self, references: Mapping[str, str]) -> None:
        """`references` is `{source: "file:PATH" or "env:NAME"}`."""
        self._references = dict(references)

    def standing(self) -> SourcesState:
        """How it stands with the tokens."""
        return SourcesState(len(self._references), list(self._tokens().values()).count(None))

    def whose(self, authorization: bytes) -> str | None:
        """The source that this `Authorization` header proves.

        Every token is compared, in constant time, so that the time taken tells nothing.
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
    """The `Authorization` header, as bytes: whoever forges one is not bound to any character set."""
    return next((value for key, value in headers if key.lower() == b"authorization"), b"")


def _digest(reference: str) -> bytes | None:
    try:
        token = resolve(reference).strip()
    except SettingsError:
        return None
    return hashlib.sha256(token.encode()).digest() if token else None
