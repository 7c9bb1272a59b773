"""What a restore and its drills ask for."""

from __future__ import annotations

import re
from collections.abc import Iterator

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
    """A restore says on which host it is done, where its component is not on exactly one."""
    for name, restore in dossier.instructions.restore.items():
        component = dossier.architecture.components.get(restore.component)
        if restore.host is None and component is not None and len(component.hosts) != 1:
            what = f"the restore {name} does not say on which host: {restore.component} is on {len(component.hosts)}"
            yield RuleFinding((*_RESTORE, name), what, "add `host`")


@error("restore-without-control")
def replaced_components_are_stopped(dossier: Dossier) -> Iterator[RuleFinding]:
    """What is stopped for a restore has `control`, and so has a cluster whose files are replaced."""
    for name, restore in dossier.instructions.restore.items():
        wanted = [c for group in restore.stop for c in group]
        if isinstance(restore.source, PostgresqlBase):
            wanted.append(restore.component)
        for component in wanted:
            known = dossier.architecture.components.get(component)
            if known is not None and (known.control is None or not known.hosts):
                what = f"the restore {name} stops {component}, which we cannot stop"
                yield RuleFinding(
                    (*_RESTORE, name), what, f"add `hosts` and `control` to architecture.components.{component}"
                )


@error("restore-verified-elsewhere")
def verification_looks_where_it_was_restored(dossier: Dossier) -> Iterator[RuleFinding]:
    """Queries that prove a restore change nothing, and run where it was restored, which in a drill may be elsewhere."""
    for name, restore in dossier.instructions.restore.items():
        for number, step in enumerate(restore.verify):
            place = (*_RESTORE, name, "verify", number)
            if step.host is not None or step.component not in {None, restore.component}:
                what = f"a query of the restore {name} runs elsewhere than its drills restore to"
                yield RuleFinding(place, what, "leave out `host` and `component`")
            if not step.read_only:
                what = f"a query of the restore {name} is not marked as read-only"
                yield RuleFinding(place, what, "add `read_only: true` if it changes nothing")


@error("restore-too-old-at-once")
def the_oldest_backup_may_be_as_old_as_agreed(dossier: Dossier) -> Iterator[RuleFinding]:
    """A backup that is as old as was agreed may be restored."""
    for name, restore in dossier.instructions.restore.items():
        if restore.oldest < restore.restore_point:
            what = f"the restore {name} refuses backups that are younger than the agreed restore point"
            yield RuleFinding((*_RESTORE, name, "oldest"), what, "make `oldest` at least as long as `restore_point`")


@error("drill-without-steps")
def own_backups_are_drilled_by_steps(dossier: Dossier) -> Iterator[RuleFinding]:
    """A drill of a backup of type other has steps of its own, and a scratch directory."""
    for name, restore in dossier.instructions.restore.items():
        if isinstance(restore.source, OwnBackup) and restore.drill is not None:
            place = (*_RESTORE, name, "drill")
            if not restore.source.drill:
                what = f"the restore {name} is to be drilled, but its source has no steps for that"
                yield RuleFinding(place, what, "add `drill` to its source")
            if restore.drill.scratch is None:
                yield RuleFinding(place, f"the drill of {name} has no place to restore to", "add `scratch: /var/tmp`")


@error("drill-without-working-days")
def working_days_are_known(dossier: Dossier) -> Iterator[RuleFinding]:
    """A drill on a working day has service hours that say which days are."""
    for name, restore in dossier.instructions.restore.items():
        drill = restore.drill
        if drill is not None and working_days_matter(drill.frequency) and dossier.agreement.working_days(None) is None:
            what = f"nothing says which days are working days, on which the drill of {name} is held"
            yield RuleFinding(
                (*_RESTORE, name, "drill", "frequency"), what, "name a weekday: monthly first sunday 04:00"
            )


@error("secret-in-repository")
def repositories_hold_no_secret(dossier: Dossier) -> Iterator[RuleFinding]:
    """The address of a repository holds no password: that is in a file on the host."""
    for name, restore in dossier.instructions.restore.items():
        source = restore.source
        if isinstance(source, Restic) and re.search(CREDENTIALS_IN_ADDRESS, source.repository):
            yield RuleFinding(
                (*_RESTORE, name, "source", "repository"),
                f"the repository of the restore {name} holds a password",
                "take it out, and name a file on the host that has it under `environment`",
            )


@gap("restore-unapproved", Undertaking.RESTORE)
def restores_are_approved_by_the_owner(dossier: Dossier) -> Iterator[RuleFinding]:
    """Somebody of the customer, who owns the data, approves a restore."""
    for name, restore in dossier.instructions.restore.items():
        if not _owners(dossier, restore):
            what = f"nobody of the customer approves the restore {name}"
            mend = "add `approval: {roles: [data-owner]}`, and give that role to a contact of the customer"
            yield RuleFinding((*_RESTORE, name), what, mend)


def _owners(dossier: Dossier, restore: Restore) -> list[str]:
    return dossier.people_of(PartyKind.CUSTOMER, list(restore.approval.roles)) if restore.approval else []


@gap("restore-undrilled", Undertaking.RESTORE)
def restores_are_drilled(dossier: Dossier) -> Iterator[RuleFinding]:
    """Every restore is drilled: a backup that was never restored is a hope."""
    for name, restore in dossier.instructions.restore.items():
        if restore.drill is None:
            yield RuleFinding(
                (*_RESTORE, name),
                f"the restore {name} is never drilled",
                "add `drill: {frequency: monthly first sunday 04:00}`",
            )
