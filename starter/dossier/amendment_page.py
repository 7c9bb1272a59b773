"""The differences between two versions of a dossier on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starter.terminal.options import echo, echo_line

if TYPE_CHECKING:
    from activities.amendment.comparing import Amendment


def show_amendment(found: Amendment) -> None:
    """Print the differences: first those that the parties agreed on, each with the parties that it concerns."""
    if not found.lines:
        echo(f"{found.application}: the two versions say the same")
        return
    for head, agreed in (
        ("Changes that the parties must agree on:", True),
        ("Changes by the supplier alone:", False),
    ):
        lines = [line for line in found.lines if line.agreed is agreed]
        if lines:
            echo(head)
        for line in lines:
            echo_line(f"  {line.part.value}: {line.text} [{', '.join(line.concerns)}]")
    if found.changes_agreement:
        echo(f"Digest of all that was agreed: {found.old_agreed[:12]} before, {found.new_agreed[:12]} now")
    else:
        echo(f"Digest of all that was agreed: {found.new_agreed[:12]}, unchanged")
