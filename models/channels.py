"""The channels by which people are reached; a file of its own, so that commands need not load the dossier for it."""

from __future__ import annotations

from enum import StrEnum


class Channel(StrEnum):
    """How somebody is reached."""

    PHONE = "phone"
    SMS = "sms"
    EMAIL = "email"
    CHAT = "chat"
