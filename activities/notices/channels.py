"""The channels of this installation: the references to their addresses, and their adapters.

The address of a channel is a secret, because it contains passwords and tokens. It is read when it is needed, and
appears in no log, error or row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from activities.notices.masking import mask
from activities.notices.recipients import Recipient
from activities.notices.sending import ChannelAdapter, EnclosedDocument, NoticeText, OutgoingNotice, Try, TryOutcome
from activities.secrets.references import resolve
from models.channels import Channel, channel_named
from models.errors import ExtensionError, SettingsError

_DETAIL_LIMIT: Final = 300


class Channels:
    """The channels of this installation; safe to use from many threads."""

    def __init__(self, configured: Mapping[Any, str], home: Path, timeout: float = 10.0) -> None:
        """`configured`: channel to reference (`env:NAME`, or `file:PATH` below `home`). `timeout`: seconds for each step."""
        self._references = dict(configured)
        self._home = home
        self._timeout = timeout

    @property
    def configured(self) -> frozenset[str]:
        """Return the channels with an address here. Only their use shows whether they work."""
        return frozenset(self._references)

    def send(self, to: Recipient, words: NoticeText, identity: str, documents: Sequence[EnclosedDocument] = ()) -> Try:
        """Send a text once, with these documents. Channels with headers get `identity` as one; it is the same for the
        same notice.
        """
        try:
            channel = channel_named(to.channel)
            missing = self._missing(channel, to)
            if missing:
                return Try(TryOutcome.NO_CHANNEL, missing)
            adapter = _adapter(channel)
        except (ExtensionError, ValueError) as error:
            return Try(TryOutcome.NO_CHANNEL, str(error)[:_DETAIL_LIMIT])
        try:
            url = resolve(self._below_home(to.own_url or self._references[channel.name]))
        except SettingsError as error:
            return Try(TryOutcome.NO_CHANNEL, f"the address of {channel.name} cannot be read: {error}")
        try:
            handing = OutgoingNotice(
                channel, to, _addressed(url, channel, to), words, identity, self._timeout, documents
            )
            result = adapter(handing)
        except Exception as error:  # it may have sent the text
            result = Try(TryOutcome.UNKNOWN, f"the channel failed ({type(error).__name__})")
        return Try(result.outcome, mask(result.detail, [url])[:_DETAIL_LIMIT])

    def _missing(self, channel: Channel, to: Recipient) -> str:
        if not to.known:
            return f"{to.name} is not a contact in the dossier; add them under contacts"
        configured = channel.name in self._references
        if channel.own_url and channel.address_optional:
            if to.own_url or configured:
                return ""
            field = channel.address_field
            return (
                f"{to.name} has no {field}; add `{field}: file:PATH` to the contact {to.contact}, "
                f"or configure the channel {channel.name}"
            )
        if not to.address and not channel.address_optional:
            field = channel.address_field
            return f"{to.name} has no {field}; add `{field}` to the contact {to.contact}"
        if not configured:
            return f"the channel {channel.name} is not configured; give it an address in the setting notice_channels"
        return ""

    def _below_home(self, reference: str) -> str:
        kind, _, name = reference.partition(":")
        if kind != "file" or name.startswith("~"):
            return reference
        return f"file:{self._home / name}"


def _adapter(channel: Channel) -> ChannelAdapter:
    module, _, function = channel.adapter.partition(":")
    try:
        adapter: ChannelAdapter = getattr(import_module(module), function)
    except Exception as error:  # an adapter of a package may raise anything
        what = f"the adapter of the channel {channel.name} cannot be loaded from {channel.adapter}"
        raise ExtensionError(f"{what}: {type(error).__name__}: {error}; repair or uninstall its package") from None
    return adapter


def _addressed(url: str, channel: Channel, to: Recipient) -> str:
    address = to.address
    if channel.digits_only:
        address = "".join(c for c in address if c.isdigit() or c == "+")
    return url.strip().replace("{to}", quote(address, safe=""))
