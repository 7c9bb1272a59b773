"""The proofs: when each instruction last worked, in one table, the worst first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from activities.documents.elements import Cell, Element, Grid, Said, Tone
from activities.handbook.layout import Chapter, HandbookLayout, instruction_anchor
from models.dossier.provable import provable

_ORDER: Final = (Tone.BAD, Tone.WAITING, Tone.PLAIN, Tone.GOOD)


def elements(layout: HandbookLayout) -> Sequence[Element]:
    """All instructions of the dossier with their proofs."""
    say = layout.say
    rows = [
        [Cell(_title(layout, one.title, name), link=instruction_anchor(name)), Cell(name), layout.last_worked(name)]
        for name, one in provable(layout.dossier).items()
    ]
    if not rows:
        return []
    rows.sort(key=lambda row: _ORDER.index(row[-1].tone))
    at = say.minute(layout.source.as_of)
    about = say("unread") if layout.source.proofs is None else say("about", at)
    head = [say(key) for key in ("instruction", "name", "last_worked")]
    return [Said(about), Grid(say("table"), head, rows, wide=[0, 2])]


def _title(layout: HandbookLayout, title: str, name: str) -> str:
    return layout.say(name) if name in {"start-up", "shut-down"} else layout.text(title)


CHAPTER = Chapter(
    "proofs",
    ("When each instruction last worked", "När varje instruktion senast fungerade"),
    elements,
    {
        "about": (
            "The records as of {0}. An instruction is proven if it was carried out or rehearsed as it is written now, not too "
            "long ago, and has not failed since.",
            "Posterna per {0}. En instruktion är prövad om den är genomförd eller övad som den är skriven nu, inte för "
            "länge sedan, och inte har misslyckats sedan dess.",
        ),
        "unread": (
            "This handbook was made from a file alone. No records were read, so it cannot say what has worked.",
            "Handboken är gjord av bara en fil. Inga poster har lästs, så den kan inte säga vad som har fungerat.",
        ),
        "table": ("Instructions and their proofs", "Instruktioner och deras prövning"),
        "start-up": ("Start the whole application", "Starta hela applikationen"),
        "shut-down": ("Stop the whole application", "Stoppa hela applikationen"),
    },
)
