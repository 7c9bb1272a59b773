"""Fencing tokens: every remote step under a lease carries one, and a host refuses a lower token than it has seen."""

from __future__ import annotations

from models.base import Model

TOKENS_OF_A_RUNBOOK = 10_000
"""The number of tokens that a holder reserves for each runbook that it calls."""


class HeldLease(Model):
    """A lease as its holder uses it, and as it passes it on to a runbook."""

    holder: str
    fences: dict[str, int]
    """Component (`acme.shop.db`) to the token after which its remote steps count."""
    rises: bool = True
    """Whether each remote step uses a higher token; false for a shared lease."""
