"""The account of an incident: what happened, who decided, what was promised and kept; written once, never changed."""

from __future__ import annotations

from datetime import datetime

from models.base import Model


class WriteAccount(Model):
    """Write the account of an incident that is closed."""

    incident: str
    run: str
    """A reopened incident gets a further account."""
    now: datetime


class AccountReceipt(Model):
    """The account that was written, or that stood there already."""

    incident: str
    version: int
    """Counts the times that the incident was closed."""
    digest: str
    """SHA-256 of its Markdown."""
