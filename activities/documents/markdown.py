"""A document as Markdown. Its tables stay intact, whatever hosts and people write."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from typing import Final

from activities.documents.elements import (
    BulletList,
    Cell,
    Document,
    Element,
    Grid,
    Heading,
    Item,
    KeyFigures,
    Link,
    MachineData,
    Pairs,
    Picture,
    Procedure,
    ProcedureStep,
    Said,
)
from activities.documents.frame import particulars
from activities.documents.outline import outlined
from activities.documents.sanitize import cell, fenced
from activities.documents.tables import numeric_columns

MACHINE: Final = "json driftvakt-clock"
"""The mark of the fence round the part for programs; no other fence has it."""


def markdown(document: Document) -> str:
    """Return the whole document; it ends with a newline. Links inside the document become their texts."""
    document = outlined(document)
    parts = [f"# {cell(document.title)}", cell(document.subtitle)]
    if document.banner:
        parts.append(f"> **{cell(document.banner)}**")
    if head := particulars(document):
        parts.append(_table(["", ""], [[Cell(name), Cell(value)] for name, value in head]))
    for section in document.sections:
        parts.append(f"## {cell(section.title)}")
        parts += [part for element in section.elements for part in _element(element)]
    if document.closing:
        parts += ["---", *map(cell, document.closing)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _element(element: Element) -> Iterable[str]:
    match element:
        case Pairs(rows=rows):
            # A table must have a head, and these have none.
            yield _table(["", ""], [[Cell(name), value] for name, value in rows])
        case Grid():
            yield from _grid(element)
        case Said(text=text, links=links):
            yield _shown(text, links)
        case Heading(title=heading, level=level):
            yield f"{'#' * (level + 2)} {cell(heading)}"
        case BulletList(items=items, ordered=ordered):
            yield "\n".join(f"{f'{n}.' if ordered else '-'} {_shown(i.text, i.links)}" for n, i in enumerate(items, 1))
        case KeyFigures(figures=figures):
            yield _table(["", "", "", ""], [[Cell(f.label), f.value, Cell(f.verdict), Cell(f.note)] for f in figures])
        case Item(title=heading, facts=facts, verbatim=verbatim, level=level):
            yield f"{'#' * (level + 2)} {cell(heading)}"
            yield from map(cell, facts)
            for label, text, under in verbatim:
                yield f"{cell(label)}:"
                yield fenced(text)
                yield cell(under)
        case Procedure(steps=steps):
            yield "\n\n".join(_step(number, step) for number, step in enumerate(steps, 1))
        case MachineData(label=label, json=json):
            yield cell(label)
            yield fenced(json, MACHINE)
        case Picture(table=Grid() as table):
            yield from _grid(table)
        case Picture():
            return


def _step(number: int, step: ProcedureStep) -> str:
    lead = f"{number}. "
    parts = [f"{lead}**{cell(step.text)}**" + (f" {cell(step.facts)}" if step.facts else "")]
    for label, text in step.verbatim:
        parts += [f"{cell(label)}:", fenced(text)]
    return "\n\n".join(parts).replace("\n", "\n" + " " * len(lead))


def _grid(grid: Grid) -> Iterable[str]:
    yield "" if grid.repeats else f"**{cell(grid.caption)}**"
    yield _table(grid.head, grid.rows, numeric_columns(grid))


def _table(head: Sequence[str], rows: Sequence[Sequence[Cell]], numeric: Container[int] = ()) -> str:
    ruler = "|" + "".join(" ---: |" if column in numeric else " --- |" for column in range(len(head)))
    lines = [_row(cell(name) for name in head), ruler]
    return "\n".join([*lines, *(_row(_shown(c.text, c.links) for c in row) for row in rows)])


def _shown(text: str, links: Sequence[Link]) -> str:
    targets = ", ".join(link.text for link in links)
    return cell(f"{text} ({targets})" if text and targets else text or targets)


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def machine_part(text: str) -> str | None:
    """Return the JSON of a document's Markdown from `MachineData`; None if there is none."""
    _, found, rest = text.rpartition(f"```{MACHINE}\n")
    return rest.partition("\n```")[0] if found else None
