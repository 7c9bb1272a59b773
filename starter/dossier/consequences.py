"""How publishing a version of a dossier affects running workflows; shown before it is published."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime

from temporalio.client import Client

from activities.records import Records
from activities.records.schedules import AppliedSchedules
from models.base import Model
from models.dossier import Dossier
from models.errors import DossierError
from models.schedules import ScheduleChange
from models.tables import IncidentRow
from starter.provisioning.planning import make_plan
from starter.provisioning.server import find_schedules
from starter.provisioning.wanted import wanted_schedules

_MOST_INCIDENTS = 1000


class Consequences(Model):
    """The effects of a version that is about to be published, one sentence each."""

    application: str
    incidents: list[str] = []
    """Open incidents that continue with the version that they began with."""
    proofs: list[str] = []
    """Instructions that are proven in the current version, and not in the new one."""
    schedules: list[str] = []
    """Schedules that do not match the new version until somebody applies it."""

    @property
    def any(self) -> bool:
        """Whether publishing has any effect to show."""
        return bool(self.incidents or self.proofs or self.schedules)


async def consequences(client: Client, records: Records, dossier: Dossier) -> Consequences:
    """Return the effects of publishing this version; None when it is the current or the first one."""
    application = dossier.id
    try:
        holds = await asyncio.to_thread(records.current_dossier, application)
    except DossierError:  # the current version cannot be read, so there is nothing to compare
        holds = None
    if holds is None or holds.digest == dossier.digest:
        return Consequences(application=application)
    open_ones = await asyncio.to_thread(records.incidents, application, open_only=True, limit=_MOST_INCIDENTS)
    return Consequences(
        application=application,
        incidents=list(_incidents(open_ones, dossier)),
        proofs=await asyncio.to_thread(_lost_proofs, records, holds, dossier),
        schedules=await _schedules(client, records, dossier),
    )


def _incidents(found: list[IncidentRow], dossier: Dossier) -> Iterator[str]:
    known = dossier.architecture.components
    for incident in found:
        if incident.dossier == dossier.digest:
            continue
        gone = [name for name in incident.components if name not in known]
        version = f"version {incident.dossier[:12]}" if incident.dossier else "no dossier"
        said = f"{incident.id} ({incident.title}) is open and continues with {version}"
        if gone:
            which = "component {} is" if len(gone) == 1 else "components {} are"
            said += (
                f"; its {which.format(', '.join(gone))} not in this version, "
                "so an alarm of its replacement opens a new incident"
            )
        yield f"{said}."


def _lost_proofs(records: Records, holds: Dossier, dossier: Dossier) -> list[str]:
    before, after = records.freshness(holds), records.freshness(dossier)
    return [
        f"{name} asks an operator until it is rehearsed or carried out: {found.stale}."
        for name, found in after.items()
        if found.stale and name in before and not before[name].stale
    ]


async def _schedules(client: Client, records: Records, dossier: Dossier) -> list[str]:
    wanted = await asyncio.to_thread(wanted_schedules, dossier, datetime.now(UTC))
    applied = await asyncio.to_thread(AppliedSchedules(records.database).all)
    found = await find_schedules(client, [*(one.routine.id for one in wanted), *applied])
    plan = make_plan(wanted, applied, found, [dossier.id])
    return [
        f"{one.id} ({one.title}) must be {_DONE[one.change]}: {'; '.join(one.differences) or 'it is new'}."
        for one in plan.schedules
        if one.change is not ScheduleChange.KEEP
    ]


_DONE = {ScheduleChange.ADD: "made", ScheduleChange.CHANGE: "changed", ScheduleChange.REMOVE: "removed"}
