"""Check of the schedules: whether what recurs is as the published dossiers have it."""

from __future__ import annotations

from temporalio.client import Client

from activities.records import Records
from models.settings import Settings
from starter.desk import Desk
from starter.doctor.finding import Finding, named, ok, warning
from starter.provisioning.applying import plan_schedules


async def schedules(client: Client, records: Records, settings: Settings) -> Finding:
    """A dossier that was published and not applied leaves maintenance and drills as they were before."""
    plan, _ = await plan_schedules(Desk(client, records, settings))
    due, by_hand = [one.id for one in plan.changes], [one.id for one in plan.schedules if one.drift]
    if due:
        return warning(
            "schedules",
            f"they are not as the published dossiers have it: {named(due)}",
            "`driftvakt plan` shows what is to be done, `driftvakt apply` does it",
        )
    if by_hand:
        return warning("schedules", f"changed by hand: {named(by_hand)}", "`driftvakt plan` shows how they differ")
    return ok("schedules", f"all {len(plan.schedules)} are as the published dossiers have it")
