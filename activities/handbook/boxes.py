"""The boxes of diagrams: components and parties."""

from __future__ import annotations

from typing import Final

from activities.documents.diagrams.graph import Box, Owner
from activities.documents.translation import Words
from activities.handbook.layout import HandbookLayout

BOXES: Final[Words] = {
    "box.servers": ("{0} servers", "{0} servrar"),
    "box.by": ("by {0}", "av {0}"),
}

_NAMED: Final = 3
"""The most servers that a box names."""


def component_box(layout: HandbookLayout, name: str) -> Box:
    """Return the box of a component: its servers, and the party that operates it if that is not the supplier."""
    component = layout.dossier.architecture.components[name]
    hosts = component.hosts
    notes = []
    if hosts:
        named = layout.servers(hosts) if len(hosts) <= _NAMED else layout.say("box.servers", len(hosts))
        notes.append(named)
    other = layout.is_other(component.operated_by)
    if other:
        notes.append(layout.say("box.by", layout.party(component.operated_by)))
    return Box(name, layout.component(name), notes, Owner.OTHER if other else Owner.SUPPLIER)


def party_box(layout: HandbookLayout, name: str) -> Box:
    """Return the box of a party that exchanges data with the application."""
    return Box(
        name, layout.party(name), [layout.one_of("kind", layout.dossier.parties[name].kind.value)], Owner.OUTSIDE
    )
