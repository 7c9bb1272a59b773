"""The requirements of restores and drills."""

from __future__ import annotations

import re
from collections.abc import Iterator

from models.base import counted
from models.dossier.agreement import Undertaking
from models.dossier.backups import CREDENTIALS_IN_ADDRESS, PostgresqlBase, Restic
from models.dossier.dossier import Dossier
from models.dossier.frequency import working_days_matter
from models.dossier.instructions import OwnBackup, Restore
from models.dossier.parties import PartyKind
from models.dossier.rules.registry import RuleFinding, error, gap

_RESTORE = ("instructions", "restore")


@error("restore-without-host")
def restores_have_a_host(dossier: Dossier) -> Iterator[RuleFinding]:
    """A restore names its host, unless its component is on exactly one."""
    for name, restore in dossier.instructions.restore.items():
        component = dossier.architecture.components.get(restore.component)
        if restore.host is None and component is not None and len(component.hosts) != 1:
            what = f"the restore {name} does not name its host: {restore.component} is on {counted(len(component.hosts), 'host')}"
            yield RuleFinding((*_RESTORE, name), what, "add `host`")


@error("restore-without-control")
def replaced_components_are_stopped(dossier: Dossier) -> Iterator[RuleFinding]:
    """Components that are stopped for a restore have `control`; so does a cluster whose files are replaced."""
    for name, restore in dossier.instructions.restore.items():
        wanted = [c for group in restore.stop for c in group]
        if isinstance(restore.source, PostgresqlBase):
            wanted.append(restore.component)
        for component in wanted:
            known = dossier.architecture.components.get(component)
            if known is not None and (known.control is None or not known.hosts):
                what = f"the restore {name} stops {component}, which has no way to stop it"
                yield RuleFinding(
                    (*_RESTORE, name), what, f"add `hosts` and `control` to architecture.components.{component}"
                )


@error("restore-verified-elsewhere")
def verification_runs_where_it_was_restored(dossier: Dossier) -> Iterator[RuleFinding]:
    """Queries that prove a restore change nothing, and run on the host with the restored data, which differs in a
    drill.
    """
    for name, restore in dossier.instructions.restore.items():
        for number, step in enumerate(restore.verify):
            place = (*_RESTORE, name, "verify", number)
            if step.host is not None or step.component not in {None, restore.component}:
                what = f"a query of the restore {name} runs on another host than the one its drills restore to"
                yield RuleFinding(place, what, "leave out `host` and `component`")
            if not step.read_only:
                what = f"a query of the restore {name} is not marked as read-only"
                yield RuleFinding(place, what, "add `read_only: true` if it changes nothing")


@error("restore-too-old-at-once")
def the_oldest_backup_may_be_as_old_as_agreed(dossier: Dossier) -> Iterator[RuleFinding]:
    """The oldest allowed backup is at least as old as the agreed restore point."""
    for name, restore in dossier.instructions.restore.items():
        if restore.oldest < restore.restore_point:
            what = f"the restore {name} refuses backups that are still within the agreed restore point"
            yield RuleFinding((*_RESTORE, name, "oldest"), what, "make `oldest` at least as long as `restore_point`")


@error("drill-without-steps")
def own_backups_are_drilled_by_steps(dossier: Dossier) -> Iterator[RuleFinding]:
    """A backup of type `other` with a drill has drill steps and a scratch directory."""
    for name, restore in dossier.instructions.restore.items():
        if isinstance(restore.source, OwnBackup) and restore.drill is not None:
            place = (*_RESTORE, name, "drill")
            if not restore.source.drill:
                what = f"the restore {name} has a drill, but its source has no drill steps"
                yield RuleFinding(place, what, "add `drill` to its source")
            if restore.drill.scratch is None:
                yield RuleFinding(place, f"the drill of {name} has no place to restore to", "add `scratch: /var/tmp`")


@error("drill-without-working-days")
def working_days_are_known(dossier: Dossier) -> Iterator[RuleFinding]:
    """A drill on a working day has service hours that define working days."""
    for name, restore in dossier.instructions.restore.items():
        drill = restore.drill
        if drill is not None and working_days_matter(drill.frequency) and dossier.agreement.working_days(None) is None:
            what = f"the drill of {name} is on a working day, but no service hours define working days"
            yield RuleFinding(
                (*_RESTORE, name, "drill", "frequency"), what, "name a weekday: monthly first sunday 04:00"
            )


@error("secret-in-repository")
def repositories_hold_no_secret(dossier: Dossier) -> Iterator[RuleFinding]:
    """The address of a repository contains no password; the password is in a file on the host."""
    for name, restore in dossier.instructions.restore.items():
        source = restore.source
        if isinstance(source, Restic) and re.search(CREDENTIALS_IN_ADDRESS, source.repository):
            yield RuleFinding(
                (*_RESTORE, name, "source", "repository"),
                f"the repository of the restore {name} contains a password",
                "take it out, and name a file on the host that has it under `environment`",
            )


@gap("restore-unapproved", Undertaking.RESTORE)
def restores_are_approved_by_the_owner(dossier: Dossier) -> Iterator[RuleFinding]:
    """Somebody of the customer, who owns the data, approves a restore."""
    for name, restore in dossier.instructions.restore.items():
        if not _owners(dossier, restore):
            what = f"nobody of the customer approves the restore {name}"
            fix = "add `approval: {roles: [data-owner]}`, and give that role to a contact of the customer"
            yield RuleFinding((*_RESTORE, name), what, fix)


def _owners(dossier: Dossier, restore: Restore) -> list[str]:
    return dossier.people_of(PartyKind.CUSTOMER, list(restore.approval.roles)) if restore.approval else []


@gap("restore-undrilled", Undertaking.RESTORE)
def restores_are_drilled(dossier: Dossier) -> Iterator[RuleFinding]:
    """Every restore has a drill; only a restore test proves a backup."""
    for name, restore in dossier.instructions.restore.items():
        if restore.drill is None:
            yield RuleFinding(
                (*_RESTORE, name),
                f"the restore {name} is never drilled",
                "add `drill: {frequency: monthly first sunday 04:00}`",
            )
