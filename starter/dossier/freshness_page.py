"""Proof of instructions on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from starter.terminal.screen import Listing, terminal

if TYPE_CHECKING:
    from models.proof import Freshness, Proof


def show_freshness(found: Sequence[Freshness]) -> None:
    """Print a line for each instruction: its last rehearsal, use and failure, and the reason why it is stale."""
    table = Listing(header_style="bold")
    for column in ("application", "instruction", "rehearsed", "carried out", "did not help", "failed", "stale because"):
        table.add_column(column, overflow="fold")
    for one in found:
        table.add_row(
            one.application,
            one.instruction,
            _day(one.rehearsed),
            _day(one.carried_out),
            _day(one.did_not_help),
            _day(one.failed),
            one.stale or "-",
        )
    terminal().print(table)


def _day(proof: Proof | None) -> str:
    return f"{proof.at:%Y-%m-%d}" if proof is not None else "-"
