"""Checks of the sources of alarms: when each was last heard of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from activities.deadman.activities import Switch, Terms, switches
from activities.deadman.signs import Signs
from activities.records import Records
from models.dossier import Dossier
from models.errors import DossierError, UserError
from starter.doctor.finding import Finding, ok, warning


def sources(store: Records, dossiers: Mapping[str, Dossier | DossierError]) -> Iterator[Finding]:
    """A line for each source that a dossier names, and each embedded monitor of a site that looks at points."""
    wanted: dict[str, Terms] = {}
    for dossier in dossiers.values():
        if isinstance(dossier, Dossier):
            for switch, terms in _switches(dossier).items():
                before = wanted.get(switch.source)
                if before is None or terms.silent_after < before.silent_after:
                    wanted[switch.source] = terms
    signs = Signs(store.database).all() if wanted else {}
    for source in sorted(wanted):
        yield _source(source, wanted[source], signs.get(source))


def _switches(dossier: Dossier) -> dict[Switch, Terms]:
    try:
        return switches(dossier)
    except UserError:  # said of the dossier already
        return {}


def _source(source: str, terms: Terms, heard: datetime | None) -> Finding:
    check = f"source {source}"
    mend = "see that it runs, and that it sends its alarms, a heartbeat among them, to the intake (docs/monitoring.md)"
    if source.startswith("monitor."):
        mend = "see that a worker serves the site, and what its log says"
    if heard is None:
        return warning(check, "nothing was ever heard of it", mend)
    said = f"it was last heard of at {heard:%Y-%m-%d %H:%M:%S} UTC"
    if datetime.now(UTC) - heard > terms.silent_after:
        return warning(check, said, mend)
    return ok(check, said)
