"""Checks of notices: whether this installation has the channels that dossiers need to reach people."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Final

from activities.secrets.references import resolve
from models.channels import CHANNELS, Channel, by_preference, channel_named
from models.dossier import Dossier
from models.dossier.parties import PartyKind
from models.errors import DossierError, ExtensionError, SettingsError
from models.settings import Settings
from starter.doctor.finding import Finding, ok, warning
from starter.doctor.machine import closed_to_others

_MOST_NAMED: Final = 5


def channels(settings: Settings) -> Iterator[Finding]:
    """Check that only this user can read each channel's address. Only `driftvakt notice test` shows whether a channel works."""
    if not settings.workflow_worker:
        return  # notices go out where workflows run
    for channel, reference in settings.notice_channels.items():
        yield _channel(settings, channel, reference)


def _channel(settings: Settings, channel: str, reference: str) -> Finding:
    check = f"channel {channel}"
    try:
        channel_named(channel)
    except (ExtensionError, ValueError) as error:
        return warning(check, str(error), "until then nobody gets messages by this channel")
    kind, _, name = reference.partition(":")
    path = settings.home / Path(name).expanduser() if kind == "file" else None
    try:
        resolve(f"file:{path}" if path else reference)
    except SettingsError as error:
        return warning(check, str(error), f"put its Apprise URL there, or correct notice_channels.{channel}")
    if path is not None and not closed_to_others(path):
        return warning(check, f"{path} can be read by others", f"chmod 600 {path}")
    return ok(check, f"its address can be read; `driftvakt notice test CONTACT --channel {channel}` tries it")


def reachable(settings: Settings, dossiers: Mapping[str, Dossier | DossierError]) -> Iterator[Finding]:
    """Check that the channels are configured for everybody on escalation policies, and for the other parties."""
    if not settings.workflow_worker:
        return
    configured = frozenset(settings.notice_channels)
    for name, dossier in dossiers.items():
        if not isinstance(dossier, Dossier):
            continue
        found = [*_policies(name, dossier, configured), *_others(name, dossier, configured)]
        yield from found or [ok(f"notices {name}", "everybody can be reached by the agreed channels")]


def _policies(name: str, dossier: Dossier, configured: Collection[str]) -> Iterator[Finding]:
    for channel in CHANNELS.all().values():
        priorities, contacts = _asked_by(dossier, channel, configured)
        if not contacts:
            continue
        said = (
            f"escalation {', '.join(priorities)} reaches {_named(contacts)} by {channel.name}, which is not configured; "
            f"{_instead(dossier, contacts, channel, configured)}"
        )
        yield warning(f"notices {name}", said, _fix(channel))


def _asked_by(dossier: Dossier, channel: Channel, configured: Collection[str]) -> tuple[list[str], list[str]]:
    """Return the priorities and contacts of levels whose channel is not configured for these contacts."""
    priorities: dict[str, None] = {}
    contacts: dict[str, None] = {}
    for priority, policy in dossier.escalation.items():
        for level in policy:
            if level.channel != channel.name:
                continue
            for contact in level.contacts:
                if contact in dossier.contacts and channel.unconfigured(dossier.contacts[contact], configured):
                    priorities[priority.value] = contacts[contact] = None
    return list(priorities), list(contacts)


def _instead(dossier: Dossier, contacts: list[str], channel: Channel, configured: Collection[str]) -> str:
    by: dict[Channel | None, list[str]] = {}
    for name in contacts:
        others = (channel_named(other) for other in channel.in_its_place)
        found = next((other for other in others if other.usable(dossier.contacts[name], configured)), None)
        by.setdefault(found, []).append(name)
    if set(by) == {None}:
        return "no other channel reaches them, so they are not called"
    return "; ".join(
        f"{_named(names)} {'is' if len(names) == 1 else 'are'} "
        + (f"notified by {other.name} instead" if other else "not reached at all")
        for other, names in by.items()
    )


def _others(name: str, dossier: Dossier, configured: Collection[str]) -> Iterator[Finding]:
    """Check that each customer and third party has a contact with a configured channel."""
    outside = {party for party, entry in dossier.parties.items() if entry.kind is not PartyKind.SUPPLIER}
    lost = {}
    for contact, entry in dossier.contacts.items():
        has = [c for c in by_preference() if not c.address_optional and c.address(entry)]
        if entry.party in outside and has and not any(c.usable(entry, configured) for c in by_preference()):
            lost[contact] = has
    if lost:
        missing = [c.name for c in by_preference() if any(c in has for has in lost.values())]
        said = f"{_named(list(lost))} cannot be notified: {' and '.join(missing)} not configured"
        fix = f"give {missing[0]} an address in the setting notice_channels (docs/notices.md)"
        yield warning(f"notices {name}", said, fix)


def _fix(channel: Channel) -> str:
    own = f", or give each a `{channel.address_field}` of their own" if channel.own_url else ""
    return (
        f"give {channel.name} an address in the setting notice_channels (docs/notices.md){own}, or write another channel on "
        "the level"
    )


def _named(contacts: list[str]) -> str:
    more = len(contacts) - _MOST_NAMED
    return ", ".join(contacts[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
