"""The change routines: preparations, steps with their undo, and proof."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from activities.documents.elements import Cell, Element, Heading, Said
from activities.handbook.layout import Chapter, HandbookLayout, instruction_anchor
from activities.handbook.steps import STEPS, procedure
from models.dossier.changes import BY_DEFAULT, ChangeApprovals
from models.dossier.instructions import ChangeRoutine
from models.dossier.parties import PartyKind


def elements(layout: HandbookLayout) -> Sequence[Element]:
    """Every change routine of the dossier."""
    found = layout.dossier.instructions.changes
    if not found:
        return []
    return [Said(layout.say("about")), *(e for name, one in found.items() for e in _change(layout, name, one))]


def _change(layout: HandbookLayout, name: str, change: ChangeRoutine) -> Iterator[Element]:
    say = layout.say
    proof = f"change/{name}"
    yield Heading(layout.text(change.title), anchor=instruction_anchor(proof))
    yield layout.particulars(
        proof,
        ("instructions", "changes", name),
        _approval(layout, change),
        f"driftvakt change submit --application {layout.dossier.id} --routine {name} --reason TEXT",
        (say("risk"), Cell(layout.one_of("level", change.risk.value))),
        (say("if_fails"), Cell(say(f"on_failure.{change.on_failure.value}"))),
        (say("healthy_for"), Cell(layout.span(change.healthy_for))),
    )
    for key, steps, undo in (
        ("before", change.before, False),
        ("steps", change.steps, True),
        ("prove", change.verify, False),
    ):
        if steps:
            yield Heading(say(key), level=2)
            yield procedure(layout, steps, undo=undo)


def _approval(layout: HandbookLayout, change: ChangeRoutine) -> str:
    if change.standard:
        return layout.say("standard")
    terms = layout.dossier.agreement.changes
    agreed = (
        change.approvals
        or terms.approvals_for(change.risk)
        or ChangeApprovals(supplier=BY_DEFAULT, customer=BY_DEFAULT)
    )
    asked = ((PartyKind.SUPPLIER, agreed.supplier), (PartyKind.CUSTOMER, agreed.customer))
    said = [
        layout.say("of_party", layout.one_of("kind", kind.value), layout.approval(approval, kind))
        for kind, approval in asked
        if approval is not None
    ]
    return "\n".join(said)


CHAPTER = Chapter(
    "changes",
    ("Change routines", "Ändringsrutiner"),
    elements,
    {
        **STEPS,
        "about": (
            "The components that a change touches may raise its risk, and then more people must agree. The steps are rolled "
            "back in reverse order.",
            "De komponenter som ändringen rör kan höja risken, och då måste fler godkänna. Stegen tas tillbaka i omvänd "
            "ordning.",
        ),
        "risk": ("Risk", "Risk"),
        "if_fails": ("If a step fails", "Om ett steg misslyckas"),
        "on_failure.undo": ("the completed steps are rolled back at once", "gjorda steg tas genast tillbaka"),
        "on_failure.ask": ("people choose what happens", "människor väljer vad som händer"),
        "healthy_for": ("Must stay healthy afterwards for", "Ska fungera efteråt i"),
        "standard": ("none is needed: approved in advance", "behövs inte: godkänd i förväg"),
        "of_party": ("{0}: {1}", "{0}: {1}"),
        "before": ("Before: nothing is changed yet", "Före: ännu ändras inget"),
        "steps": ("Steps", "Steg"),
        "prove": ("Proof", "Prövning"),
    },
)
