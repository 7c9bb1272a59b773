"""A dossier on the terminal, for an operator at night: the people to call come first, details follow."""

from __future__ import annotations

from collections.abc import Callable

from rich.console import Console

from models.base import format_duration
from models.channels import EMAIL
from models.dossier import Dossier
from models.dossier.agreement import ServiceHours, Target
from models.dossier.backups import PostgresqlBase, PostgresqlDump, Restic
from models.dossier.instructions import Approval, OwnBackup, Restore, RunStep, Step
from starter.terminal.screen import Listing, terminal, tidy

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def show_page(dossier: Dossier, part: str | None = None, console: Console | None = None) -> None:
    """Print one part of the dossier, or all parts with the urgent ones first."""
    out = console or terminal()
    out.print(f"[bold]{tidy(dossier.name)}[/] ({dossier.id})")
    if dossier.description:
        out.print(tidy(dossier.description))
    for name, show in _PARTS.items():
        if part in {None, name}:
            show(dossier, out)


def _table(title: str, *columns: str) -> Listing:
    table = Listing(title=title, title_justify="left", title_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _print(out: Console, table: Listing) -> None:
    if table.row_count:
        out.print()
        out.print(table)


def _add(table: Listing, *cells: object) -> None:
    table.add_row(*(tidy(str(cell)) if cell is not None else "" for cell in cells))


def _escalation(dossier: Dossier, out: Console) -> None:
    table = _table("Who to call", "priority", "step", "who", "by", "how", "answers within")
    for priority, policy in sorted(dossier.escalation.items()):
        for number, level in enumerate(policy, 1):
            for name in level.contacts:
                contact = dossier.contacts[name]
                address = contact.email if level.channel == EMAIL else contact.phone or contact.email
                within = format_duration(level.acknowledge_within)
                _add(table, priority.value, number, contact.name, level.channel, address, within)
    _print(out, table)


def _parties(dossier: Dossier, out: Console) -> None:
    table = _table("Parties", "party", "name", "kind", "support")
    for name, party in dossier.parties.items():
        _add(table, name, party.name, party.kind.value.replace("_", " "), party.support)
    _print(out, table)
    table = _table(
        "Contacts", "contact", "name", "party", "function", "phone", "e-mail", "hours", "deputy", "may decide as"
    )
    for name, c in dossier.contacts.items():
        roles = ", ".join(c.roles)
        _add(table, name, c.name, c.party, c.function, c.phone, c.email, c.hours or "always", c.deputy, roles)
    _print(out, table)


def _architecture(dossier: Dossier, out: Console) -> None:
    parts = dossier.architecture
    table = _table("Components", "component", "name", "hosts", "operated by", "needs", "impact", "notes")
    for name, c in parts.components.items():
        who = c.operated_by or "supplier"
        _add(
            table, name, c.name, ", ".join(c.hosts) or "no login", who, ", ".join(c.depends_on), c.impact.value, c.notes
        )
    _print(out, table)
    table = _table("Hosts", "host", "log in", "through", "site", "system", "purpose")
    for name, h in parts.hosts.items():
        port = f" port {h.port}" if h.port != 22 else ""
        _add(table, name, f"{h.user}@{h.address}{port}", h.jump, h.site, h.os, h.purpose)
    _print(out, table)
    table = _table("Sites", "site", "name", "operated by", "location")
    for name, s in parts.sites.items():
        _add(table, name, s.name, s.operated_by, s.location)
    _print(out, table)
    table = _table("Integrations", "integration", "from", "to", "over", "carries", "contact")
    for name, i in parts.integrations.items():
        over = f"{i.protocol} {i.port}" if i.port else i.protocol
        _add(table, name, i.source, i.target, over, i.carries, i.contact)
    _print(out, table)
    table = _table("Flows", "flow", "name", "through", "impact")
    for name, f in parts.flows.items():
        _add(table, name, f.name, " -> ".join(f.through), f.impact.value)
    _print(out, table)


def _monitoring(dossier: Dossier, out: Console) -> None:
    table = _table("Measuring points", "point", "component", "probe", "every", "alarm when")
    for name, point in dossier.monitoring.measuring_points.items():
        alarms = "; ".join(
            f"{t.when}{f' for {format_duration(t.duration)}' if t.duration else ''} ({t.severity.value})"
            for t in point.thresholds.values()
        )
        _add(table, name, point.component, point.probe.type, format_duration(point.every), alarms)
    _print(out, table)


def _instructions(dossier: Dossier, out: Console) -> None:
    parts = dossier.instructions
    for which, order in (("Start-up", parts.start_up.order), ("Shut-down", parts.shut_down.order)):
        groups = ", then ".join(" with ".join(group) for group in order) or "by the dependencies"
        out.print(f"\n[bold]{which}[/] {tidy(groups)}")
    for name, t in parts.troubleshooting.items():
        out.print(f"\n[bold]{tidy(t.title)}[/] ({name})")
        for run in t.collect:
            out.print(f"  evidence: {tidy(step_line(run))}")
        for number, remedy in enumerate(t.remedies.values(), 1):
            out.print(f"  {number}. {tidy(remedy.title)}{tidy(_asks(remedy.approval))}")
            for step in remedy.steps:
                out.print(f"     - {tidy(step_line(step))}")
    for name, r in parts.restore.items():
        promise = f"loses at most {format_duration(r.restore_point)}, takes at most {format_duration(r.restore_time)}"
        out.print(f"\n[bold]{tidy(r.title)}[/] ({name}), {tidy(_backup(r))}: {promise}{tidy(_asks(r.approval))}")
        if r.drill is not None:
            out.print(f"  drilled {r.drill.frequency}" + (f" on {r.drill.host}" if r.drill.host else ""))
        _steps(out, [*(r.source.steps if isinstance(r.source, OwnBackup) else []), *r.verify])
    for name, c in parts.changes.items():
        asks = "".join(map(_asks, (c.approvals.supplier, c.approvals.customer))) if c.approvals else ""
        agreed = ", approved in advance" if c.standard else ""
        out.print(f"\n[bold]{tidy(c.title)}[/] ({name}), {c.risk} risk{agreed}{tidy(asks)}")
        _steps(out, [*c.before, *c.steps, *c.verify])


def _backup(restore: Restore) -> str:
    source = restore.source
    match source:
        case OwnBackup():
            return f"from {source.location}"
        case Restic():
            return f"{source.path} from the restic repository {source.repository}"
        case PostgresqlBase():
            return (
                f"{source.data_directory} from base backups in {source.directory} and the log in {source.wal_archive}"
            )
        case PostgresqlDump():
            return f"the database {source.database} from dumps in {source.directory}"
        case _:
            return f"{source.path} from copies in {source.directory}"


def _steps(out: Console, steps: list[Step]) -> None:
    for number, step in enumerate(steps, 1):
        out.print(f"  {number}. {tidy(step_line(step))}")


def step_line(step: Step) -> str:
    """Return a step as display text in one line."""
    target = getattr(step, "component", None) or getattr(step, "host", None) or ""
    title = f"{step.title}: " if step.title else ""
    match step:
        case RunStep(command=command):
            text = command if isinstance(command, str) else " ".join(command)
            return f"{title}{f'on {target}: ' if target else ''}{text}"
        case _ if step.type == "ask":
            return f"{title}ask: {step.question}{_asks(step.approval)}"
        case _ if step.type == "wait":
            return f"{title}wait {format_duration(step.duration)}: {step.reason}"
        case _ if step.type == "probe":
            return f"{title}probe {target or ', '.join(step.measuring_points)}"
        case _ if step.type == "notify":
            return f"{title}notify {', '.join([*step.contacts, *step.roles])}: {step.text}"
        case _ if step.type == "runbook":
            return f"{title}runbook {step.runbook}"
        case _:
            return f"{title}{step.type} {target}"


def _asks(approval: Approval | None) -> str:
    if approval is None:
        return ""
    count = f"{approval.count} x " if approval.count > 1 else ""
    return f" [needs {count}{' or '.join(approval.roles)} within {format_duration(approval.within)}]"


def _agreement(dossier: Dossier, out: Console) -> None:
    agreed = dossier.agreement
    out.print(f"\n[bold]Agreement[/] {tidy(agreed.number)}, version {agreed.version}, signed {agreed.signed}")
    out.print(tidy(f"Signed by {'; '.join(agreed.signed_by)}"))
    out.print(f"Bought: {', '.join(agreed.undertakings)}")
    table = _table("Service levels", "priority", "respond", "restore", "update")
    for priority, level in sorted(agreed.service_levels.items()):
        _add(table, priority.value, _target(level.respond), _target(level.restore), _target(level.update))
    _print(out, table)
    table = _table("Availability", "target", "of", "at least", "hours", "per", "not counted")
    for name, t in agreed.availability.items():
        not_counted = ", ".join(f"waiting for the {kind.replace('_', ' ')}" for kind in t.excused)
        _add(table, name, t.of or f"flow {name}", t.target, t.hours or "round the clock", t.per.value, not_counted)
    _print(out, table)
    table = _table("Service hours", "name", "hours", "time zone", "closed on holidays of")
    for name, hours in agreed.service_hours.items():
        if isinstance(hours, ServiceHours):
            _add(table, name, _weekly(hours), hours.time_zone, _holidays(hours))
        else:
            _add(table, name, "round the clock", "", "")
    _print(out, table)
    table = _table("Freezes", "from", "until", "time zone", "what", "why", "passes")
    for freeze in agreed.freezes:
        what = str(freeze.components)
        _add(table, freeze.since, freeze.until, freeze.time_zone, what, freeze.reason, ", ".join(freeze.passes))
    _print(out, table)


def _target(target: Target | None) -> str:
    return f"{target.within} ({target.hours})" if target else ""


def _weekly(hours: ServiceHours) -> str:
    days = [(day[:3], ", ".join(getattr(hours.weekly, day))) for day in _DAYS]
    return "; ".join(f"{day} {spans}" for day, spans in days if spans)


def _holidays(hours: ServiceHours) -> str:
    terms = hours.holiday_terms()
    if terms is None:
        return ""
    halves = [f"{', '.join(half.days)}: {', '.join(half.hours) or 'closed'}" for half in terms.half_days]
    country = " ".join([terms.country, *([terms.subdivision] if terms.subdivision else []), *terms.also])
    open_ = [f"but not {', '.join(terms.not_closed)}"] if terms.not_closed else []
    return "; ".join([country, *open_, *halves])


def _routines(dossier: Dossier, out: Console) -> None:
    table = _table("Maintenance", "routine", "title", "when", "window", "scope", "at once", "if missed")
    for name, m in dossier.routines.maintenance.items():
        days = f" on {', '.join(m.window.weekdays)}" if m.window.weekdays else ""
        window = f"{m.window.hours}{days}, {m.window.time_zone}"
        scope = ", ".join([*m.components, *m.hosts])
        _add(table, name, m.title, m.frequency, window, scope, m.at_once, m.missed.value.replace("_", " "))
    _print(out, table)
    table = _table("Routines that may be ordered", "routine", "title", "ordered by", "inputs")
    for name, r in dossier.routines.extended.items():
        _add(table, name, r.title, ", ".join(r.ordered_by), ", ".join(i.label for i in r.inputs.values()))
    _print(out, table)


def _reports(dossier: Dossier, out: Console) -> None:
    table = _table("Reports", "report", "title", "covers", "when", "approved by", "to", "blocks")
    for name, report in dossier.reports.items():
        approved = f"{' or '.join(report.approval.roles)} ({report.approval.by.value})"
        blocks = ", ".join(block.title or block.type for block in report.blocks)
        to = ", ".join(report.receivers)
        _add(table, name, report.title, report.covers.value, report.frequency, approved, to, blocks)
    _print(out, table)


def _capacity(dossier: Dossier, out: Console) -> None:
    table = _table("Capacity", "resource", "title", "measured by", "limit", "plan ahead")
    for name, c in dossier.capacity.resources.items():
        _add(table, name, c.title, c.measuring_point, c.limit, format_duration(c.plan_ahead))
    _print(out, table)


_PARTS: dict[str, Callable[[Dossier, Console], None]] = {
    "escalation": _escalation,
    "parties": _parties,
    "architecture": _architecture,
    "instructions": _instructions,
    "monitoring": _monitoring,
    "agreement": _agreement,
    "routines": _routines,
    "reports": _reports,
    "capacity": _capacity,
}
"""The parts, in the order in which an operator needs them at night."""
