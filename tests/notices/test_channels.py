from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from models.channels import CHANNELS, Channel, by_preference
from models.dossier.parties import Contact

PAGE = Path(__file__).parents[2] / "docs" / "notices.md"

ANN = Contact(name="Ann Ek", party="us", function="on-call", email="ann@supplier.example", addresses={"pager": "17"})


@pytest.mark.parametrize("name", CHANNELS.names())
def test_every_channel_names_what_there_is(name: str) -> None:
    channel = CHANNELS.all()[name]
    module, _, function = channel.adapter.partition(":")

    assert channel.contact_field in Contact.model_fields
    assert callable(getattr(importlib.import_module(module), function))
    assert set(channel.in_its_place) <= set(CHANNELS.names()) - {name}
    assert f"`{name}`" in PAGE.read_text() or f"\n{name} = " in PAGE.read_text()


def test_people_are_notified_by_the_quietest_channel_and_never_called_for_it() -> None:
    assert [channel.name for channel in by_preference()] == ["email", "chat", "sms"]


@pytest.mark.parametrize(
    ("channel", "lacks", "usable"),
    [
        (Channel("email", contact_field="email"), False, True),
        (Channel("sms", contact_field="phone"), True, False),
        (Channel("pager"), False, True),
        (Channel("telex"), True, False),
        (Channel("wall", address_optional=True), False, True),
    ],
    ids=lambda value: value.name if isinstance(value, Channel) else "",
)
def test_the_declaration_says_whether_a_contact_can_be_reached(channel: Channel, lacks: bool, usable: bool) -> None:
    assert channel.lacks_address(ANN) is lacks
    assert channel.usable(ANN, {channel.name}) is usable
    assert not channel.usable(ANN, set())
