"""Beside every idempotency key stands the digest of its request: the same key with another request is an error."""

from __future__ import annotations

from pydantic import BaseModel

from models.base import digest
from models.errors import KeyReusedError


def request_digest(request: BaseModel, *, without: set[str] | None = None) -> str:
    """Name a request by its content, so that a retry by a later version, whose models have more fields, gives the same."""
    return digest(request.model_dump(mode="json", exclude_defaults=True, exclude=without))


def must_be_the_same(kept: str | None, asked: str, key: str, what: str) -> None:
    """Raise `KeyReusedError` where a key was kept with another request; `kept` is None where nothing is known of it."""
    if kept is not None and kept != asked:
        raise key_reused(key, what)


def key_reused(key: str, what: str) -> KeyReusedError:
    """What is raised where a key comes with another request."""
    return KeyReusedError(
        f"{what} was refused: its key {key} was used for another request before, and nothing was done for this one. Unless the "
        "workflow was reset, this is a fault of Driftvakt: report it with the key"
    )
