"""Start and stop: the order of the components, each with its command."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from activities.documents.elements import Element, Heading, Procedure, Said
from activities.handbook.layout import Chapter, HandbookLayout, instruction_anchor
from activities.handbook.steps import STEPS, procedure, started
from models.dossier.instructions import StartStop
from models.operation_kinds import SHUT_DOWN, START_UP


def elements(layout: HandbookLayout) -> Sequence[Element]:
    """The start-up and the shut-down of the whole application."""
    able = _able(layout)
    if not able:
        return [Said(layout.say("nothing"))]
    instructions = layout.dossier.instructions
    left = [name for name in layout.dossier.architecture.components if name not in able]
    others = [Said(layout.say("left_out", layout.components(left)))] if left else []
    return [
        Said(layout.say("about")),
        *others,
        *_operation(layout, instructions.start_up, able, starts=True),
        *_operation(layout, instructions.shut_down, able, starts=False),
    ]


def _able(layout: HandbookLayout) -> list[str]:
    """Return the components that Driftvakt can start and stop."""
    return [n for n, c in layout.dossier.architecture.components.items() if c.control is not None and c.hosts]


def _operation(layout: HandbookLayout, found: StartStop, able: list[str], *, starts: bool) -> Iterator[Element]:
    say, kind = layout.say, START_UP if starts else SHUT_DOWN
    yield Heading(say(kind.name), anchor=instruction_anchor(kind.name))
    place = ("instructions", kind.name.replace("-", "_"))
    command = f"driftvakt operation {kind.name} {layout.dossier.id}"
    yield layout.particulars(kind.name, place, say("ordered"), command)
    if found.before:
        yield Heading(say("before"), level=2)
        yield procedure(layout, found.before)
    groups = ordered(layout, found, able, starts=starts)
    steps = [
        started(layout, name, starts=starts, fact=say("group", number, len(groups)) if len(groups) > 1 else "")
        for number, group in enumerate(groups, 1)
        for name in group
    ]
    yield Heading(say("components"), level=2)
    yield Procedure(steps)
    if found.after:
        yield Heading(say("after"), level=2)
        yield procedure(layout, found.after)


def ordered(layout: HandbookLayout, found: StartStop, able: list[str], *, starts: bool) -> list[list[str]]:
    """Return the groups in their order: as the dossier gives it, otherwise computed from the dependencies."""
    if found.order:
        groups = [[name for name in group if name in able] for group in found.order]
        left = [name for name in able if name not in {n for group in found.order for n in group}]
        return [group for group in [*groups, left] if group]
    layers = layout.dossier.architecture.dependencies.layers(able)
    return layers if starts else layers[::-1]


CHAPTER = Chapter(
    "start-and-stop",
    ("Start and stop in order", "Starta och stoppa i ordning"),
    elements,
    {
        **STEPS,
        "about": (
            "Components of one group are handled at the same time. Before the next group starts, each must be healthy.",
            "Komponenter i samma grupp hanteras samtidigt. Innan nästa grupp startar måste var och en fungera.",
        ),
        "nothing": (
            "Driftvakt cannot start or stop any component: the dossier gives no commands for it.",
            "Driftvakt kan inte starta eller stoppa någon komponent: dossiern ger inga kommandon för det.",
        ),
        "left_out": ("Not started or stopped by Driftvakt: {0}.", "Startas och stoppas inte av Driftvakt: {0}."),
        "start-up": ("Start the whole application", "Starta hela applikationen"),
        "shut-down": ("Stop the whole application", "Stoppa hela applikationen"),
        "ordered": ("an operator orders it", "en operatör beställer det"),
        "group": ("group {0} of {1}", "grupp {0} av {1}"),
        "before": ("Before", "Före"),
        "components": ("The components", "Komponenterna"),
        "after": ("After", "Efter"),
    },
    new_page=True,
)
