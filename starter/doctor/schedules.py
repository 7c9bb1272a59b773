"""Check of the schedules: whether they match the published dossiers."""

from __future__ import annotations

from temporalio.client import Client

from activities.records import Records
from models.settings import Settings
from starter.doctor.finding import Finding, named, ok, warning
from starter.provisioning.applying import plan_schedules
from starter.terminal.session import CommandSession


async def schedules(client: Client, records: Records, settings: Settings) -> Finding:
    """Check that the schedules match: a dossier that was published and not applied does not change any schedule."""
    plan, _ = await plan_schedules(CommandSession(client, records, settings))
    due, by_hand = [one.id for one in plan.changes], [one.id for one in plan.schedules if one.drift]
    if due:
        return warning(
            "schedules",
            f"they differ from the published dossiers: {named(due)}",
            "`driftvakt plan` shows the differences, `driftvakt apply` writes them",
        )
    if by_hand:
        return warning("schedules", f"changed by hand: {named(by_hand)}", "`driftvakt plan` shows how they differ")
    return ok("schedules", f"all {len(plan.schedules)} match the published dossiers")
