"""Checks of the sources of alarms: the time of each source's last message."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from activities.deadman.activities import Switch, Terms, switches
from activities.records import Records
from activities.records.heartbeats import SourceHeartbeats
from models.dossier import Dossier
from models.errors import DossierError, UserError
from starter.doctor.finding import Finding, ok, warning


def sources(store: Records, dossiers: Mapping[str, Dossier | DossierError]) -> Iterator[Finding]:
    """Return a finding for each source in a dossier, and for each site with an embedded monitor."""
    wanted: dict[str, Terms] = {}
    for dossier in dossiers.values():
        if isinstance(dossier, Dossier):
            for switch, terms in _switches(dossier).items():
                before = wanted.get(switch.source)
                if before is None or terms.silent_after < before.silent_after:
                    wanted[switch.source] = terms
    heartbeats = SourceHeartbeats(store.database).all() if wanted else {}
    for source in sorted(wanted):
        yield _source(source, wanted[source], heartbeats.get(source))


def _switches(dossier: Dossier) -> dict[Switch, Terms]:
    try:
        return switches(dossier)
    except UserError:  # the check of the dossiers reports it
        return {}


def _source(source: str, terms: Terms, last_heartbeat: datetime | None) -> Finding:
    check = f"source {source}"
    fix = "check that it runs, and that it sends its alarms and a heartbeat to the intake (docs/monitoring.md)"
    if source.startswith("monitor."):
        fix = "check that a worker serves the site, and read the worker's log"
    if last_heartbeat is None:
        return warning(check, "it has never sent anything", fix)
    said = f"its last heartbeat was at {last_heartbeat:%Y-%m-%d %H:%M:%S} UTC"
    if datetime.now(UTC) - last_heartbeat > terms.silent_after:
        return warning(check, said, fix)
    return ok(check, said)
