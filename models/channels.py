"""The channels for notices, each declared once. Commands read this module without loading the dossier."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import AfterValidator
from pydantic_core import PydanticKnownError

from models.errors import ExtensionError
from models.extensions import Extension, ExtensionGroup, Kinds

APPRISE: Final = "activities.notices.apprise:hand_over"


@dataclass(frozen=True, slots=True)
class Channel:
    """A way to reach people: the address that it needs, the texts that it can carry, and the function that sends
    them.
    """

    name: str
    """The name in dossiers, settings and commands."""
    contact_field: str = ""
    """The field of a contact with the address; by default the entry `NAME` in the contact's `addresses`."""
    address_optional: bool = False
    """A contact without an own address is reached by the common one from the setting `notice_channels`."""
    own_url: bool = False
    """The contact's field is a reference to a whole URL (`env:NAME`, `file:PATH`) that replaces the installation's
    URL."""
    brief: bool = False
    """The channel carries one or two lines and no subject."""
    digits_only: bool = False
    """The address is a telephone number; only digits and + are passed on."""
    carries: int = 0
    """The bytes of documents that one notice may carry; 0: the channel carries text only."""
    calls_by_name: bool = False
    """Words such as `@channel` would notify all readers, so such words are broken up."""
    preference: int | None = None
    """The position among the channels if the dossier names none, the lowest first; None: never used then."""
    in_its_place: tuple[str, ...] = ()
    """The channels that replace this one if the installation does not have it, in order of preference."""
    adapter: str = APPRISE
    """`module:function` that sends a text, as in `activities.notices.sending.ChannelAdapter`; Apprise by default."""

    @property
    def address_field(self) -> str:
        """The field to add to a contact who has no address for the channel."""
        return self.contact_field or f"addresses.{self.name}"

    def address(self, contact: Any) -> str | None:
        """Return the address of a contact (`models.dossier.parties.Contact`) for the channel; with `own_url`, a
        reference.
        """
        found: str | None = (
            getattr(contact, self.contact_field) if self.contact_field else contact.addresses.get(self.name)
        )
        return found

    def lacks_address(self, contact: Any) -> bool:
        """Return whether a contact needs an address for the channel and has none."""
        return not self.address_optional and not self.address(contact)

    def usable(self, contact: Any, configured: Collection[str]) -> bool:
        """Return whether an installation with these channels can reach a contact by this one."""
        address = self.address(contact)
        return bool(self.own_url and address) or (self.name in configured and bool(address or self.address_optional))

    def unconfigured(self, contact: Any, configured: Collection[str]) -> bool:
        """Return whether only the installation's settings are missing; a missing address is a gap of the dossier."""
        return self.name not in configured and not (self.own_url and self.address(contact))


EMAIL: Final = "email"

_MAIL_CARRIES: Final = 7_000_000
"""Bytes. Base64 makes them a third longer, and some mail servers take no message above 10 MB."""

_OWN: Final = (
    Channel("phone", contact_field="phone", digits_only=True, brief=True, in_its_place=("sms", "chat", "email")),
    Channel("sms", contact_field="phone", digits_only=True, brief=True, preference=3, in_its_place=("chat", "email")),
    Channel(EMAIL, contact_field="email", preference=1, carries=_MAIL_CARRIES, in_its_place=("chat", "sms")),
    Channel(
        "chat",
        contact_field="chat",
        address_optional=True,
        own_url=True,
        calls_by_name=True,
        preference=2,
        in_its_place=("sms", "email"),
    ),
)


def _own() -> Mapping[str, Channel]:
    return {channel.name: channel for channel in _OWN}


def _check(extension: Extension, loaded: Any) -> Channel:
    if not isinstance(loaded, Channel):
        raise ValueError(f"{extension.value} is not a channel; name an instance of models.channels.Channel")
    if loaded.name != extension.name:
        raise ValueError(f"its name is {loaded.name!r}; give the entry point the same name")
    return loaded


CHANNELS: Kinds[Channel] = Kinds(ExtensionGroup.CHANNELS, _own, _check)
"""Every channel by its name."""


def channel_named(name: str) -> Channel:
    """Return the channel with this name; raise ValueError if it is unknown, `ExtensionError` if its package is
    broken.
    """
    found = CHANNELS.find(name)
    if found is None:
        raise ValueError(f"there is no channel {name!r}; use one of: {', '.join(CHANNELS.names())}")
    return found


def by_preference() -> list[Channel]:
    """Return the channels for a contact if the dossier names none, the best first."""
    ranked = [(channel.preference, channel) for channel in CHANNELS.all().values() if channel.preference is not None]
    return [channel for _, channel in sorted(ranked, key=lambda one: one[0])]


def _known(name: str) -> str:
    try:
        found = CHANNELS.find(name)
    except ExtensionError as error:
        raise ValueError(str(error)) from None
    if found is None:
        raise PydanticKnownError("enum", {"expected": " or ".join(f"'{known}'" for known in CHANNELS.names())})
    return name


def _declared(name: str) -> str:
    if not CHANNELS.has(name):
        raise ValueError(f"there is no channel {name!r}; use one of: {', '.join(CHANNELS.names())}")
    return name


class _OneOfTheChannels:
    """The schema of a channel's name; computed on demand, because packages may add channels."""

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        return {"type": "string", "enum": CHANNELS.names(), "description": "How somebody is reached."}


ChannelName = Annotated[str, AfterValidator(_known), _OneOfTheChannels()]
"""The name of a known channel whose package can be loaded."""

DeclaredChannel = Annotated[str, AfterValidator(_declared)]
"""The name of a known channel. It may have a broken package, so that the settings can always be read."""
