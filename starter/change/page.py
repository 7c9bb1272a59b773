"""A change on the terminal: the blast radius, the full plan, and its reviews."""

from __future__ import annotations

from rich.console import Console

from starter.change.service import ChangeView
from starter.operation.page import show_lines, show_operation
from starter.terminal.screen import exact, terminal, tidy


def show_change(view: ChangeView) -> None:
    """Print one change."""
    console = terminal()
    data = view.change
    if data:
        console.print(f"[bold]{tidy(str(data.get('kind', '')))} change[/], {tidy(str(data.get('risk', '')))} risk")
        for why in data.get("why", []):
            console.print(f"  {tidy(str(why))}", soft_wrap=True)
        _radius(data.get("radius", {}), console)
        console.print("\n[bold]Plan[/]")
        for line in exact(str(data.get("plan", ""))):
            console.print(f"  {line}", soft_wrap=True)
        console.print()
    show_operation(view.operation)
    if view.follows:
        console.print("\n[bold]Approval afterwards and review[/]")
        show_lines(view.follows)


def _radius(radius: dict[str, list[str]], console: Console) -> None:
    for name, title in (
        ("components", "acts on"),
        ("hosts", "hosts"),
        ("dependants", "needed by"),
        ("flows", "flows"),
        ("integrations", "integrations"),
    ):
        if radius.get(name):
            console.print(f"  {title}: {tidy('; '.join(radius[name]))}", soft_wrap=True)
