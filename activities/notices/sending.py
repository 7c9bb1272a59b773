"""The contract between notices and channel adapters: the text to send, and the result of one attempt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from activities.notices.recipients import Recipient
from models.channels import Channel


class TryOutcome(Enum):
    """The result of one attempt."""

    SENT = "sent"
    REFUSED = "refused"
    """Permanent: another attempt would be refused too."""
    NOT_NOW = "not now"
    """Certainly not sent; a later attempt may succeed."""
    UNKNOWN = "unknown"
    """The channel did not answer after it may have accepted the text."""
    NO_CHANNEL = "no channel"


@dataclass(frozen=True)
class Try:
    """The result of one attempt, with its reason."""

    outcome: TryOutcome
    detail: str = ""


@dataclass(frozen=True)
class NoticeText:
    """The text of a notice for one receiver."""

    subject: str
    text: str
    short: str
    """For a channel with one or two lines."""


@dataclass(frozen=True)
class EnclosedDocument:
    """A document that goes with a notice."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class OutgoingNotice:
    """One text for one receiver by one channel."""

    channel: Channel
    to: Recipient
    url: str
    """The URL of the channel or of the receiver, with its secrets; their address replaces `{to}` in it."""
    words: NoticeText
    identity: str
    """The same for the same notice and receiver. Channels use it to recognise a repeated text, for example as a header."""
    timeout: float
    """Seconds for the connection, and for the answer."""
    documents: Sequence[EnclosedDocument] = ()
    """Documents to attach; none for a channel whose declaration `carries` none."""


class ChannelAdapter(Protocol):
    """Sends a text once; the `adapter` of a channel names it."""

    def __call__(self, handing: OutgoingNotice) -> Try:
        """Send the text. Blocks, and should not raise, because an interrupted attempt may have sent it. Secrets in
        `detail` are masked.
        """
