"""Idempotency keys: each is stored with the digest of its request, and the same key with another request is an
error.
"""

from __future__ import annotations

from pydantic import BaseModel

from models.base import digest
from models.errors import KeyReusedError


def request_digest(request: BaseModel, *, without: set[str] | None = None) -> str:
    """Return the digest of a request. A retry by a later release, whose models have more fields, has the same
    digest.
    """
    return digest(request.model_dump(mode="json", exclude_defaults=True, exclude=without))


def must_be_the_same(kept: str | None, asked: str, key: str, what: str) -> None:
    """Raise `KeyReusedError` if a key was stored with another request; `kept` is None if the key is unknown."""
    if kept is not None and kept != asked:
        raise key_reused(key, what)


def key_reused(key: str, what: str) -> KeyReusedError:
    """Return the error for a key with another request."""
    return KeyReusedError(
        f"{what} was refused: its key {key} was used for another request before, and nothing was done for this one. Unless the "
        "workflow was reset, this is a fault of Driftvakt: report it with the key"
    )
