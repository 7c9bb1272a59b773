"""Every step that was carried out: where, what, and its output."""

from __future__ import annotations

from typing import Final

from activities.documents.blocks import Block
from activities.documents.elements import Element, Item, Said, Tone
from activities.documents.translation import Translation
from models.jobs import Outcome
from models.post_incident_report import PostIncidentReport, ReportCommand

_WORDS: Final = {
    "command": ("Command", "Command"),
    "output": ("Output", "Output"),
    "cut_before": ("{0} characters before this were left out here", "{0} tecken före detta är utelämnade"),
}


_TONES: Final = {Outcome.OK: Tone.GOOD, Outcome.FAILED: Tone.BAD, Outcome.UNKNOWN: Tone.WAITING}


def _elements(report: PostIncidentReport, say: Translation) -> list[Element]:
    """Return every step that was carried out: its host, its action and its output."""
    if not report.commands:
        return []
    elements: list[Element] = [_item(n, command, say) for n, command in enumerate(report.commands, 1)]
    count = report.left_out.get("commands", 0)
    if count:
        elements.append(Said(say("lines_left_out", count)))
    return elements


def _item(number: int, command: ReportCommand, say: Translation) -> Item:
    where = f" on {command.host}" if command.host else ""
    verbatim = []
    if command.command.text:
        left = command.command.left_out
        verbatim.append((say("command"), command.command.text, say("cut", left) if left else ""))
    if command.output.text:
        left = command.output.left_out
        verbatim.append((say("output"), command.output.text, say("cut_before", left) if left else ""))
    changed = "changed something" if command.changed else "changed nothing"
    return Item(
        title=f"Step {number}: {command.title}{where}: {command.outcome.value}",
        tone=_TONES[command.outcome],
        facts=[
            f"{say.moment(command.at)} · {command.kind.value} · {changed}",
            *([command.detail] if command.detail else []),
        ],
        verbatim=verbatim,
    )


BLOCK: Final = Block(
    name="commands",
    title=("Commands and steps", "Commands and steps"),
    needs=frozenset({"commands", "left_out"}),
    elements=_elements,
    words=_WORDS,
)
