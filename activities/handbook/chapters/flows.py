"""The flows: the path of each, and what breaks if a component does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from activities.documents.diagrams.chain import chain
from activities.documents.elements import NO_VALUE, Cell, Element, Grid, Heading, Link, Picture, Said
from activities.handbook.boxes import BOXES, component_box
from activities.handbook.layout import Chapter, HandbookLayout, instruction_anchor
from activities.handbook.symptoms import instructions_for_component
from activities.records.plans import impact_of
from models.dossier.architecture import Flow
from models.dossier.monitoring import Severity

_MOST: Final = 8
"""The most components that a cell names; the nearest come first."""


def elements(layout: HandbookLayout) -> Sequence[Element]:
    """Each flow with its picture, and the table of what breaks."""
    flows = layout.dossier.architecture.flows
    found: list[Element] = [Said(layout.say("about"))] if flows else []
    for flow in flows.values():
        found += [Heading(layout.text(flow.name)), _picture(layout, flow)]
    return [*found, Heading(layout.say("breaks")), Said(layout.say("breaks_about")), _breaks(layout)]


def _picture(layout: HandbookLayout, flow: Flow) -> Picture:
    say, components = layout.say, layout.dossier.architecture.components
    title = layout.text(flow.name)
    boxes = [component_box(layout, name) for name in flow.through]
    desc = say("path", layout.components(flow.through))
    points = layout.dossier.monitoring.measuring_points
    rows = [
        [
            Cell(str(number)),
            Cell(layout.component(name), link=f"component {name}"),
            Cell(layout.party(components[name].operated_by)),
            Cell(", ".join(p for p, point in points.items() if point.component == name) or NO_VALUE),
        ]
        for number, name in enumerate(flow.through, 1)
    ]
    head = [say(key) for key in ("number", "component", "operated_by", "measured_by")]
    return Picture(lambda: chain(title, desc, boxes), title, Grid(say("parts", title), head, rows, wide=[3]))


def _breaks(layout: HandbookLayout) -> Grid:
    say = layout.say
    rows = [_row(layout, name) for name in layout.dossier.architecture.components]
    head = [say(key) for key in ("if_fails", "stops", "flows", "priority_at_once", "instruction")]
    return Grid(say("breaks"), head, rows, wide=[1, 2])


def _row(layout: HandbookLayout, name: str) -> list[Cell]:
    say, architecture = layout.say, layout.dossier.architecture
    dependants = architecture.dependencies.dependants(name)
    broken = [f for f in architecture.flows.values() if {name, *dependants} & set(f.through)]
    impact = impact_of(layout.dossier, [name])
    priority = layout.dossier.agreement.priorities.priority(impact, Severity.CRITICAL.urgency)
    found = instructions_for_component(layout.dossier, name)
    links = [Link(layout.text(one.title), instruction_anchor(one.name)) for one in found]
    return [
        Cell(layout.component(name)),
        Cell(_listed(layout, dependants) or say("nothing_else")),
        Cell("\n".join(layout.text(flow.name) for flow in broken) or say("no_flow")),
        Cell(priority.value),
        Cell("" if links else say("no_instruction"), links=links),
    ]


def _listed(layout: HandbookLayout, names: Sequence[str]) -> str:
    if len(names) <= _MOST:
        return layout.components(names)
    return layout.say("and_more", layout.components(names[: _MOST - 1]), len(names) - _MOST + 1)


CHAPTER = Chapter(
    "flows",
    ("Flows, and what breaks", "Flöden, och vad som går sönder"),
    elements,
    {
        **BOXES,
        "about": (
            "A flow is a path through components that a user notices. It works only if each of its components does.",
            "Ett flöde är en väg genom komponenter som en användare märker. Det fungerar bara om varje komponent gör det.",
        ),
        "path": ("The flow goes through {0}.", "Flödet går genom {0}."),
        "parts": ("{0}: its components in order", "{0}: komponenterna i ordning"),
        "number": ("No.", "Nr"),
        "operated_by": ("Operated by", "Drivs av"),
        "measured_by": ("Measured by", "Mäts av"),
        "breaks": ("What breaks if a component does", "Vad som går sönder om en komponent gör det"),
        "breaks_about": (
            "A component that needs a failed one stops with it. The priority is that of a critical alarm.",
            "En komponent som behöver en trasig komponent stannar med den. Prioriteten är den för ett kritiskt larm.",
        ),
        "if_fails": ("If it fails", "Om den fallerar"),
        "stops": ("These stop, too", "Dessa stannar också"),
        "flows": ("Flows that break", "Flöden som bryts"),
        "priority_at_once": ("Priority", "Prioritet"),
        "and_more": ("{0}, and {1} more", "{0} och {1} till"),
        "nothing_else": ("nothing else", "inget annat"),
        "no_flow": ("no flow", "inget flöde"),
        "no_instruction": ("none: people are asked", "ingen: människor tillfrågas"),
    },
    new_page=True,
)
