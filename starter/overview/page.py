"""The overview on the terminal: the worst problem in the first line, then the questions that wait for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from rich.console import Console

from models.base import counted
from starter.incident.page import show_lines as show_incidents
from starter.operation.page import show_lines as show_operations
from starter.overview.views import Digest, Overview, WaitingQuestion
from starter.terminal.screen import Listing, age_of, colleagues, terminal, tidy

_SHOWN = 10
"""The limit for ended work and for undelivered messages; `--json` has all of them."""


def show_overview(seen: Overview, *, console: Console | None = None) -> None:
    """Print the overview."""
    out = console or terminal()
    of = f" of {tidy(seen.customer)}" if seen.customer else ""
    out.print(
        f"[bold]{tidy(_worst(seen))}[/]{of and f'  ({of.strip()})'}  [dim]{seen.at:%Y-%m-%d %H:%M} UTC[/]",
        soft_wrap=True,
    )
    if seen.warning:
        out.print(f"[red]{tidy(seen.warning)}[/]", soft_wrap=True)
    for halt in seen.halts:
        out.print(f"[red]halted[/]  {tidy(halt.text)}", soft_wrap=True)
    for line in seen.unwatched:
        why = "no watch runs for it" if line.since is None else "no worker answers for its watch"
        out.print(f"[red]not watched[/]  {tidy(line.application)}: {why}; `driftvakt doctor` says more", soft_wrap=True)
    _show_questions(seen.questions, seen.at, out)
    if seen.majors:
        out.print("\n[bold]Major incidents[/]")
        for major in seen.majors:
            lead = f"led by {colleagues([major.lead])}" if major.lead else "nobody answers for it"
            what = f"{tidy(major.id)}  {tidy(major.priority or '-')}  {tidy(major.title)}"
            out.print(f"{what} ({lead}, for {age_of(seen.at - major.opened_at)})", soft_wrap=True)
    if seen.incidents:
        out.print("\n[bold]Open incidents[/], the most urgent first")
        show_incidents(seen.incidents, seen.at)
    if seen.operations:
        out.print("\n[bold]Running operations[/]")
        show_operations(seen.operations, seen.at)
    _show_watches(seen, out)
    _show_digest(seen.digest, seen.at, out)


def _worst(seen: Overview) -> str:
    """Return one line about the worst state."""
    parts = ["Temporal does not answer"] if seen.warning else []
    if seen.overdue:
        parts.append(f"{counted(len(seen.overdue), 'incident')} overdue")
    if seen.questions:
        parts.append(f"{counted(len(seen.questions), 'question')} for people")
    if seen.unassigned:
        parts.append(f"{len(seen.unassigned)} unassigned")
    if seen.halts:
        parts.append(counted(len(seen.halts), "halt"))
    if seen.unwatched and not seen.warning:
        parts.append(f"{counted(len(seen.unwatched), 'application')} not watched")
    if parts:
        return ", ".join(parts)
    under_way = [
        counted(len(found), name) + " under way"
        for found, name in ((seen.incidents, "incident"), (seen.operations, "operation"))
        if found
    ]
    if active := sum(line.alarms or 0 for line in seen.watches):
        under_way.append(counted(active, "active alarm"))
    return f"Nothing waits for people: {', '.join(under_way)}" if under_way else "All is quiet"


def _show_questions(questions: Sequence[WaitingQuestion], now: datetime, out: Console) -> None:
    if not questions:
        return
    out.print("\n[bold]Questions for people[/], the earliest deadline first")
    for one in questions:
        until = f"{_left(one.deadline, now)}, then: {tidy(one.on_silence.replace('_', ' '))}" if one.deadline else ""
        asked = tidy(one.question) or "no worker answers for it, so its question is unknown"
        out.print(f"[bold yellow]{colleagues(one.who) or 'nobody'}[/]  {asked}", soft_wrap=True)
        out.print(f"    [dim]{until + '; ' if until else ''}{tidy(one.command)}[/]", soft_wrap=True)


def _left(deadline: datetime, now: datetime) -> str:
    return f"in {age_of(deadline - now)}" if deadline > now else f"due {age_of(now - deadline)} ago"


def _show_watches(seen: Overview, out: Console) -> None:
    """Print each application of one customer. Without a customer, print only the number of watched applications."""
    answering = [line for line in seen.watches if line.answers]
    if seen.customer and answering:
        out.print("\n[bold]Applications[/]")
        table = Listing("application", "alarms", "open incidents", "watched since")
        for line in answering:
            since = f"{line.since:%Y-%m-%d %H:%M} UTC" if line.since else "-"
            table.add_row(tidy(line.application), str(line.alarms), str(line.incidents), since)
        out.print(table)
    elif answering:
        active = sum(line.alarms or 0 for line in answering)
        verb = "is" if len(answering) == 1 else "are"
        out.print(
            f"\n{counted(len(answering), 'application')} {verb} watched; {counted(active, 'active alarm')}",
            soft_wrap=True,
        )


def _show_digest(digest: Digest, now: datetime, out: Console) -> None:
    span = age_of(now - digest.since)
    if not (digest.incidents or digest.operations or digest.undelivered):
        out.print(f"\n[dim]Nothing has ended in the last {span}.[/]")
        return
    out.print(f"\n[bold]Ended in the last {span}[/]")
    if digest.incidents:
        ends = Counter((line.outcome or line.state).replace("-", " ") for line in digest.incidents)
        parts = ", ".join(f"{count} {tidy(end)}" for end, count in ends.most_common())
        out.print(f"{counted(len(digest.incidents), 'incident')}: {parts}", soft_wrap=True)
        for incident in digest.incidents[:_SHOWN]:
            end = (incident.outcome or incident.state).replace("-", " ")
            out.print(
                f"    {tidy(incident.application)}.{incident.number}  {tidy(incident.title)} ({tidy(end)})",
                soft_wrap=True,
            )
        _more(len(digest.incidents), "driftvakt incident list --all", out)
    if digest.operations:
        out.print(counted(len(digest.operations), "operation"))
        for operation in digest.operations[:_SHOWN]:
            end = (operation.outcome or operation.state).replace("-", " ")
            out.print(f"    {tidy(operation.id)}  {tidy(operation.title)} ({tidy(end)})", soft_wrap=True)
        _more(len(digest.operations), "driftvakt operation list --all", out)
    if digest.undelivered:
        count = len(digest.undelivered)
        out.print(f"[yellow]{counted(count, 'notice')} not delivered[/]", soft_wrap=True)
        for lost in digest.undelivered[:_SHOWN]:
            why = f": {tidy(lost.detail)}" if lost.detail else ""
            state = lost.state.value.replace("-", " ")
            out.print(f"    to {tidy(lost.to)} by {lost.channel} ({state}{why})  {tidy(lost.subject)}", soft_wrap=True)
        _more(count, "--json", out)


def _more(total: int, shows: str, out: Console) -> None:
    if total > _SHOWN:
        out.print(f"    [dim]and {total - _SHOWN:,} more: {shows}[/]", soft_wrap=True)
