"""The page of a ranking on the terminal."""

from __future__ import annotations

from models.cause_ranking import CauseRanking
from starter.terminal.screen import Listing, terminal, tidy

_SHOWN = 5
"""Components with their evidence; the others only have a line."""


def show_ranking(ranking: CauseRanking) -> None:
    """Show the verdict, the first components with their evidence, and the order of all."""
    console = terminal()
    console.print(tidy(ranking.verdict))
    for one in ranking.ranking[:_SHOWN]:
        console.print()
        console.print(f"[bold]{tidy(one.component)}[/bold]  {one.status.value}, score {one.score:.2f}")
        for reason in one.reasons:
            console.print(f"  for      {tidy(reason)}")
        for reason in one.against:
            console.print(f"  against  {tidy(reason)}")
    if ranking.ranking[_SHOWN:]:
        console.print()
        table = Listing("component", "status", "score")
        for one in ranking.ranking[_SHOWN:]:
            table.add_row(tidy(one.component), one.status.value, f"{one.score:.2f}")
        console.print(table)
