"""`driftvakt doctor`: missing or misconfigured parts of an installation, and how to fix them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from starter.terminal.options import WENT_WRONG, AsJson, echo_json, faults, one_line

if TYPE_CHECKING:
    from starter.doctor.finding import Diagnosis

_COLOURS = {"ok": "green", "note": "blue", "warning": "yellow", "wrong": "red"}


def doctor(as_json: AsJson = False) -> None:
    """Check the installation, with a line for each check that names the fix of a fault; exit 1 if something is wrong."""
    import asyncio

    with faults():
        from starter.doctor.examination import examine

        diagnosis = asyncio.run(examine())
    if as_json:
        echo_json(diagnosis)
    else:
        _show(diagnosis)
    if not diagnosis.healthy:
        raise typer.Exit(WENT_WRONG)


def _show(diagnosis: Diagnosis) -> None:
    width = max(len(finding.check) for finding in diagnosis.findings)
    for finding in diagnosis.findings:
        verdict = typer.style(f"{finding.verdict.value:<7}", fg=_COLOURS[finding.verdict.value])
        fix = f"; fix: {finding.fix}" if finding.fix else ""
        typer.echo(f"{verdict} {finding.check:<{width}}  {one_line(finding.said + fix)}")
