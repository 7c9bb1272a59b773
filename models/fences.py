"""Fences: the tokens that a lease's remote steps carry, by which a host refuses whoever held it before."""

from __future__ import annotations

from models.base import Model

TOKENS_OF_A_RUNBOOK = 10_000
"""So many tokens are set aside for a runbook that a holder calls."""


class HeldLease(Model):
    """A lease as its holder acts under it, and passes it on to a runbook that it calls."""

    holder: str
    fences: dict[str, int]
    """Component (`acme.shop.db`) to the token that its remote steps count on from."""
    rises: bool = True
    """Whether each remote step takes a higher token; not where the lease is shared."""
