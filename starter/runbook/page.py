"""Runbooks on the terminal: the catalogue, one entry, and the report of a run."""

from __future__ import annotations

import json
from collections.abc import Sequence

from models.jobs import Outcome
from models.runbooks import RunbookReport
from starter.runbook.catalogue import CatalogueEntry
from starter.runbook.runs import RunbookRun
from starter.terminal.screen import Listing, terminal, tidy

_COLOURS = {Outcome.OK: "green", Outcome.FAILED: "red", Outcome.UNKNOWN: "yellow"}
_GIVEN = {"application", "requested_by"}
"""The inputs that every runbook requires; the list omits them."""

_INDENT = "    "


def show_list(entries: Sequence[CatalogueEntry]) -> None:
    """Print the catalogue."""
    table = Listing("runbook", "what it does", "needs", header_style="")
    for entry in entries:
        needs = [field.name for field in entry.inputs if field.required and field.name not in _GIVEN]
        table.add_row(entry.name, tidy(entry.title), ", ".join(needs))
    terminal().print(table)


def show_runs(runs: Sequence[RunbookRun]) -> None:
    """Print past runs, with the address of each in the UI."""
    table = Listing("started (UTC)", "runbook", "outcome", "by", "what")
    table.columns[0].no_wrap = True
    for run in runs:
        rehearsed = " (rehearsal)" if run.rehearsed else ""
        what = "\n".join(filter(None, (tidy(run.application), tidy(run.summary), f"[dim]{tidy(run.url)}[/]")))
        table.add_row(
            f"{run.started_at:%Y-%m-%d %H:%M}", tidy(run.runbook), f"{tidy(run.outcome)}{rehearsed}", tidy(run.by), what
        )
    terminal().print(table)


def show_entry(entry: CatalogueEntry) -> None:
    """Print one runbook: its purpose, its inputs, and sample input for the UI."""
    console = terminal()
    console.print(f"[bold]{entry.name}[/]: {tidy(entry.title)}", soft_wrap=True)
    for paragraph in filter(None, entry.purpose.split("\n\n")):
        console.print("\n" + tidy(" ".join(paragraph.split())))
    table = Listing("input", "type", "default", "meaning", header_style="")
    for field in entry.inputs:
        default = "required" if field.required else json.dumps(field.default, ensure_ascii=False)
        table.add_row(field.name, tidy(field.type), tidy(default), tidy(field.description))
    console.print()
    console.print(table)
    console.print(
        "\nIn the Temporal UI, open this, put your application into the id, and paste the input (a rehearsal; set rehearse to "
        "false to act):",
        soft_wrap=True,
    )
    console.print(tidy(entry.start_url), soft_wrap=True)
    console.print_json(json.dumps(entry.sample))
    console.print(f"\nDeclared in {entry.file}.", soft_wrap=True)


def show_report(report: RunbookReport) -> None:
    """Print every step with its result, then the outcome. Commands and output are never cut, because people copy them."""
    console = terminal()
    titles = max((len(step.title) for step in report.steps), default=0)
    hosts = max((len(step.host or "-") for step in report.steps), default=0)
    for step in report.steps:
        said = f"{step.outcome.value}{', changed' if step.changed else ''}"
        head = f"{step.title:<{titles}}  {step.host or '-':<{hosts}}  "
        console.print(f"{tidy(head)}[{_COLOURS[step.outcome]}]{said}[/]", soft_wrap=True)
        for line in [f"$ {line}" for line in step.command.splitlines()]:
            console.print(f"{_INDENT}[dim]{tidy(line)}[/]", soft_wrap=True)
        for line in step.detail.splitlines():
            console.print(f"{_INDENT}{tidy(line)}", soft_wrap=True)
    console.print(f"[{_COLOURS[report.outcome]}]{report.outcome.value}[/]: {tidy(report.summary)}", soft_wrap=True)
