"""Restores and drills on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from models.base import format_duration
from models.restores import RestorePoint
from starter.restore.service import DrillLine, ProofLine
from starter.terminal.screen import Listing, terminal, tidy
from workflows.restore.backups.commands import size_text


def show_points(points: Sequence[RestorePoint]) -> None:
    """Print restore points, the newest first."""
    table = Listing("point", "as of (UTC)", "size", "")
    table.columns[0].overflow = "fold"
    for point in points:
        table.add_row(tidy(point.id), f"{point.at:%Y-%m-%d %H:%M:%S}", size_text(point.size_bytes), tidy(point.note))
    terminal().print(table)


def show_drills(lines: Sequence[DrillLine]) -> None:
    """Print the state of the drills of each restore."""
    columns = ("application", "restore", "held", "last", "ended", "lost (agreed)", "took (agreed)", "next", "")
    table = Listing(*columns)
    for line in lines:
        last = line.last
        proof = last.proof if last else None
        table.add_row(
            tidy(line.application),
            tidy(line.restore),
            line.frequency or "[red]never[/]",
            f"{last.at:%Y-%m-%d %H:%M}" if last else "-",
            _end(last.end) if last else "-",
            f"{_span(proof.lost if proof else None)} ({format_duration(line.agreed_point)})",
            f"{_span(proof.took if proof else None)} ({format_duration(line.agreed_time)})",
            f"{line.due_at:%Y-%m-%d %H:%M}" if line.due_at else "-",
            "[red]overdue[/]" if line.overdue else "",
        )
    terminal().print(table)


def show_trend(lines: Sequence[ProofLine]) -> None:
    """Print restores or drills, one in each line, the latest first."""
    columns = ("held (UTC)", "ended", "point", "size", "lost", "took", "verified", "operation")
    table = Listing(*columns)
    for line in lines:
        proof = line.proof
        table.add_row(
            f"{line.at:%Y-%m-%d %H:%M}",
            _end(line.end),
            tidy(proof.point) if proof else "-",
            size_text(proof.size_bytes) if proof else "-",
            _span(proof.lost if proof else None),
            _span(proof.took if proof else None),
            "yes" if proof and proof.verified else "no",
            tidy(line.id),
        )
    terminal().print(table)


def _end(end: str) -> str:
    colour = {"done": "green", "failed": "red"}.get(end, "yellow")
    return f"[{colour}]{tidy(end.replace('-', ' '))}[/]"


def _span(span: timedelta | None) -> str:
    return "-" if span is None else format_duration(span)
