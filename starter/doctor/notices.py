"""Checks of notices: whether the channels by which people are to be reached are configured here."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Final

from activities.secrets.references import resolve
from models.channels import Channel
from models.dossier import Dossier
from models.dossier.parties import Contact, PartyKind
from models.errors import DossierError, SettingsError
from models.settings import Settings
from starter.doctor.finding import Finding, ok, warning
from starter.doctor.machine import closed_to_others

_MOST_NAMED: Final = 5

_WRITTEN: Final = (Channel.SMS, Channel.CHAT, Channel.EMAIL)
"""What somebody can be written to by, the quickest first."""


def channels(settings: Settings) -> Iterator[Finding]:
    """Whether the address of each channel can be read, by nobody else; whether it works only `driftvakt notice test` can tell."""
    if not settings.workflow_worker:
        return  # notices go out where workflows run
    for channel, reference in settings.notice_channels.items():
        yield _channel(settings, Channel(channel), reference)


def _channel(settings: Settings, channel: Channel, reference: str) -> Finding:
    check = f"channel {channel.value}"
    kind, _, name = reference.partition(":")
    path = settings.home / Path(name).expanduser() if kind == "file" else None
    try:
        resolve(f"file:{path}" if path else reference)
    except SettingsError as error:
        return warning(check, str(error), f"put its Apprise URL there, or mend notice_channels.{channel.value}")
    if path is not None and not closed_to_others(path):
        return warning(check, f"{path} can be read by others", f"chmod 600 {path}")
    return ok(check, f"its address can be read; `driftvakt notice test CONTACT --channel {channel.value}` tries it")


def reachable(settings: Settings, dossiers: Mapping[str, Dossier | DossierError]) -> Iterator[Finding]:
    """Whether this installation can reach everybody on the ladders as agreed, and write to customers and third parties."""
    if not settings.workflow_worker:
        return
    configured = frozenset(Channel(channel) for channel in settings.notice_channels)
    for name, dossier in dossiers.items():
        if not isinstance(dossier, Dossier):
            continue
        found = [*_ladders(name, dossier, configured), *_others(name, dossier, configured)]
        yield from found or [ok(f"notices {name}", "everybody can be reached by the agreed channels")]


def _ladders(name: str, dossier: Dossier, configured: Collection[Channel]) -> Iterator[Finding]:
    for channel in Channel:
        priorities, contacts = _asked_by(dossier, channel, configured)
        if not contacts:
            continue
        said = (
            f"escalation {', '.join(priorities)} reaches {_named(contacts)} by {channel.value}, which is not configured; "
            f"{_instead(dossier, contacts, channel, configured)}"
        )
        yield warning(f"notices {name}", said, _mend(channel))


def _asked_by(dossier: Dossier, channel: Channel, configured: Collection[Channel]) -> tuple[list[str], list[str]]:
    """The priorities and the contacts whose rungs say a channel that these contacts cannot be reached by from here."""
    priorities: dict[str, None] = {}
    contacts: dict[str, None] = {}
    for priority, ladder in dossier.escalation.items():
        for rung in ladder:
            if rung.channel is not channel:
                continue
            for contact in rung.contacts:
                if contact in dossier.contacts and _lacks(dossier.contacts[contact], channel, configured):
                    priorities[priority.value] = contacts[contact] = None
    return list(priorities), list(contacts)


def _instead(dossier: Dossier, contacts: list[str], channel: Channel, configured: Collection[Channel]) -> str:
    by: dict[Channel | None, list[str]] = {}
    for name in contacts:
        others = (other for other in _WRITTEN if other is not channel)
        found = next((other for other in others if _usable(dossier.contacts[name], other, configured)), None)
        by.setdefault(found, []).append(name)
    if set(by) == {None}:
        return "nothing else reaches them, so they are not asked"
    return "; ".join(
        f"{_named(names)} {'is' if len(names) == 1 else 'are'} "
        + (f"written to by {other.value} instead" if other else "not reached at all")
        for other, names in by.items()
    )


def _others(name: str, dossier: Dossier, configured: Collection[Channel]) -> Iterator[Finding]:
    """Customers and third parties are written to by whatever they have."""
    outside = {party for party, entry in dossier.parties.items() if entry.kind is not PartyKind.SUPPLIER}
    lost = {}
    for contact, entry in dossier.contacts.items():
        has = [c for c in _WRITTEN if c is not Channel.CHAT and _address(entry, c)]
        if entry.party in outside and has and not any(_usable(entry, c, configured) for c in _WRITTEN):
            lost[contact] = has
    if lost:
        missing = [c.value for c in reversed(_WRITTEN) if any(c in has for has in lost.values())]
        said = f"{_named(list(lost))} cannot be written to: {' and '.join(missing)} not configured"
        mend = f"give {missing[0]} an address in the setting notice_channels (docs/notices.md)"
        yield warning(f"notices {name}", said, mend)


def _lacks(contact: Contact, channel: Channel, configured: Collection[Channel]) -> bool:
    """Whether it is the installation that cannot; an address that the dossier does not have is a gap, which is named there."""
    return channel not in configured and not (channel is Channel.CHAT and contact.chat)


def _usable(contact: Contact, channel: Channel, configured: Collection[Channel]) -> bool:
    if channel is Channel.CHAT:
        return contact.chat is not None or channel in configured
    return channel in configured and _address(contact, channel) is not None


def _address(contact: Contact, channel: Channel) -> str | None:
    return contact.email if channel is Channel.EMAIL else contact.phone


def _mend(channel: Channel) -> str:
    own = ", or give each a `chat` of their own" if channel is Channel.CHAT else ""
    return (
        f"give {channel.value} an address in the setting notice_channels (docs/notices.md){own}, or write another channel on "
        "the rung"
    )


def _named(contacts: list[str]) -> str:
    more = len(contacts) - _MOST_NAMED
    return ", ".join(contacts[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
