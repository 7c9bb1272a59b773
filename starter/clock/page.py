"""Service-level clocks on the terminal: every target with its deadline, then an explanation of every minute."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

from rich.console import Console

from models.clock import ClockedTarget, ClockReading, Stretch, StretchKind, TargetKind, TargetState
from starter.terminal.screen import Listing, terminal, tidy

_STYLES = {
    TargetState.MET: "green",
    TargetState.MISSED: "red",
    TargetState.OVERDUE: "bold red",
    TargetState.PAUSED: "yellow",
    TargetState.OUTSIDE_HOURS: "dim",
    TargetState.RUNNING: "",
}
_MARKS = {
    StretchKind.RUNNING: "running",
    StretchKind.PAUSED: "[yellow]paused[/]",
    StretchKind.OUTSIDE_HOURS: "[dim]outside[/]",
    StretchKind.STOPPED: "[green]stopped[/]",
}
_WHAT = {
    TargetKind.RESPOND: "respond",
    TargetKind.RESTORE: "restore",
    TargetKind.UPDATE: "update",
}
_TURNS = {"supplier": "supplier", "customer": "customer", "third_party": "third parties"}


def show_clock(reading: ClockReading, name: str = "", zone: tzinfo = UTC, console: Console | None = None) -> None:
    """Print a reading of the clocks of the incident `name`, with times in `zone`, and the stretches if the reading has them."""
    out = console or terminal()
    priority = reading.priority.value if reading.priority else "no priority"
    agreement = tidy(reading.agreement) or "no agreement"
    called = f"{tidy(name)}  " if name else ""
    out.print(f"[bold]{called}{priority}[/]  {agreement}  as of {_at(reading.as_of, zone)}", soft_wrap=True)
    out.print(f"[dim]times in {zone}; {tidy(reading.calendar)}[/]", soft_wrap=True)
    if not reading.targets:
        out.print(f"no target is agreed for {priority}")
    else:
        out.print(_table(reading, zone))
    _what_comes(reading, zone, out)
    waited = [f"{_TURNS.get(k, k)} {_span(s)}" for k, s in reading.waited_seconds.items()]
    if waited:
        out.print(f"time by party: {', '.join(waited)}", soft_wrap=True)
    for target in reading.targets:
        if target.stretches:
            _explain(target, zone, out)


def _table(reading: ClockReading, zone: tzinfo) -> Listing:
    table = Listing("target", "within", "hours", "as", "deadline")
    table.columns[4].no_wrap = True
    for title in ("counted", "paused"):
        table.add_column(title, justify="right")
    table.add_column("state")
    for p in reading.targets:
        table.add_row(
            _WHAT[p.kind],
            within(p),
            p.hours,
            p.priority.value if p.priority else "-",
            _at(p.deadline, zone) if p.deadline else "none while paused",
            _span(p.elapsed_seconds),
            _span(p.paused_seconds) if p.paused_seconds else "-",
            f"[{_STYLES[p.state]}]{_state(p, zone)}[/]" if _STYLES[p.state] else _state(p, zone),
        )
    return table


def within(p: ClockedTarget) -> str:
    """Return a target's service time in hours, such as `4h 00m` or `17h 00m (2 working days)`."""
    hours = _span(p.within_seconds)
    return f"{hours} ({p.within})" if "working" in p.within else hours


def _state(p: ClockedTarget, zone: tzinfo) -> str:
    if p.breached_at is None:
        return p.state.value
    times = f" {p.breaches} times, first" if p.breaches > 1 else ""
    under = f" as {p.breached_as.value}" if p.breached_as and p.breached_as is not p.priority else ""
    match p.state:
        case TargetState.OVERDUE:
            return f"{p.state.value} since {_at(p.breached_at, zone)}{under}"
        case TargetState.MISSED:
            return f"{p.state.value}{times} at {_at(p.breached_at, zone)}{under}"
    return f"{p.state.value}; missed{times} at {_at(p.breached_at, zone)}{under}"


def _what_comes(reading: ClockReading, zone: tzinfo, out: Console) -> None:
    if reading.moments:
        first = reading.moments[0]
        what = "its time is used up" if first.percent == 100 else f"{first.percent} % of its time is used"
        out.print(f"next: {_at(first.at, zone)}, {_WHAT[first.target]}: {what}", soft_wrap=True)
    if reading.answer_due is not None:
        out.print(f"the waiting time ends at {_at(reading.answer_due, zone)}", soft_wrap=True)


def _explain(target: ClockedTarget, zone: tzinfo, out: Console) -> None:
    out.print(f"\n[bold]{_WHAT[target.kind]}[/], every minute")
    table = Listing("from", "until", "counted", "clock", "why")
    for column in table.columns[:4]:
        column.no_wrap = True
    for stretch in target.stretches:
        counted = _span(stretch.seconds) if stretch.kind is StretchKind.RUNNING else "-"
        table.add_row(_at(stretch.since, zone), _until(stretch, zone), counted, _MARKS[stretch.kind], tidy(stretch.why))
    out.print(table)


def _until(stretch: Stretch, zone: tzinfo) -> str:
    since, until = stretch.since.astimezone(zone), stretch.until.astimezone(zone)
    return _time(until) if since.date() == until.date() else _at(stretch.until, zone)


def _at(moment: datetime, zone: tzinfo) -> str:
    local = moment.astimezone(zone)
    return f"{local:%a %Y-%m-%d} {_time(local)}"


def _time(local: datetime) -> str:
    return f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"


def _span(seconds: float) -> str:
    """Return a duration such as `1h 05m` or `12m 30s`. It has no days, because a day of service has fewer than 24 hours."""
    minutes, left = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h {minutes:02}m" + (f" {left:02}s" if left else "")
    return f"{minutes}m" + (f" {left:02}s" if left else "")
