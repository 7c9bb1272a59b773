"""An account as Markdown: tables that survive whatever hosts and people write into them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from activities.documents.blocks import Block, Cell, Document, Grid, Item, MachineData, Pairs, Picture, Said
from activities.documents.foreign import cell, fenced

MACHINE: Final = "json driftvakt-clock"
"""What the fence of the machine's part is marked with; nothing else in an account is marked so."""


def markdown(document: Document) -> str:
    """The whole document; ends with a newline."""
    parts = [f"# {cell(document.title)}"]
    if document.banner:
        parts.append(f"> **{cell(document.banner)}**")
    for section in document.sections:
        parts.append(f"## {cell(section.title)}")
        parts += [part for block in section.blocks for part in _block(block, section.title)]
    if document.closing:
        parts += ["---", *map(cell, document.closing)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _block(block: Block, title: str) -> Iterable[str]:
    match block:
        case Pairs(rows=rows):
            # A table must have a head, and these have none.
            yield _table(["", ""], [[Cell(name), value] for name, value in rows])
        case Grid(caption=caption, head=head, rows=rows):
            yield f"**{cell(caption)}**" if caption != title else ""
            yield _table(head, rows)
        case Said(text=text):
            yield cell(text)
        case Item(title=heading, facts=facts, verbatim=verbatim):
            yield f"### {cell(heading)}"
            yield from map(cell, facts)
            for label, text, under in verbatim:
                yield f"{cell(label)}:"
                yield fenced(text)
                yield cell(under)
        case MachineData(label=label, json=json):
            yield cell(label)
            yield fenced(json, MACHINE)
        case Picture():
            return


def _table(head: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    lines = [_row(cell(name) for name in head), "|" + " --- |" * len(head)]
    return "\n".join([*lines, *(_row(cell(c.text) for c in row) for row in rows)])


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def machine_part(text: str) -> str | None:
    """The JSON of an account's Markdown, as `MachineData` put it there; None where there is none."""
    _, found, rest = text.rpartition(f"```{MACHINE}\n")
    return rest.partition("\n```")[0] if found else None
