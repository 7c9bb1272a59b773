"""Instructions: predefined, ordered steps as data. They have no loops or conditions; whoever needs those writes a runbook."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field

from models.base import Duration, Identifier, Model, PositiveDuration
from models.dossier.agreement import CauseCode, TimeZone
from models.dossier.approvals import Approval as Approval
from models.dossier.approvals import OnSilence as OnSilence
from models.dossier.backups import Files, HostPath, PostgresqlBase, PostgresqlDump, Restic
from models.dossier.changes import ChangeApprovals, HealthBounds, OnFailure, Risk
from models.dossier.frequency import Frequency

Command = str | Annotated[list[str], Field(min_length=1)]
"""A shell command as a string, or its parts as a list, which are quoted."""


class Check(Model):
    """A look on a host that may find that there is nothing to do."""

    component: Identifier | None = None
    """On every host of it; every one must say so."""
    host: Identifier | None = None
    command: Command
    """Exit 0: there is nothing to do. It changes nothing, and so runs in a rehearsal as well."""
    timeout: PositiveDuration = timedelta(minutes=1)


class StepBase(Model):
    """What all steps have."""

    title: str | None = None
    """What people read; made from the step unless given."""
    timeout: PositiveDuration = timedelta(minutes=5)


class TriedAgain(Model):
    """What a step has that may be tried more than once."""

    tries: Annotated[int, Field(ge=1, le=10)] = 1
    """How often in all, until it succeeds."""
    pause: PositiveDuration = timedelta(seconds=10)
    """Between one try and the next."""


class OtherStep(StepBase):
    """What every step has that is no command."""

    check: Check | None = None
    """Passed over when it succeeds."""
    undo: list[Step] | None = None
    """In a change: the steps that take it back, in their order; unless given, only starting and stopping is taken back."""


class OnHosts(StrEnum):
    """On which hosts of its component a step acts."""

    ALL = "all"
    ILL = "ill"
    """Those of which a measuring point fails; where none is known, those on which the component does not run."""


class RunStep(StepBase, TriedAgain):
    """Run a command on every host of a component, or on one host."""

    type: Literal["run"] = "run"
    component: Identifier | None = None
    host: Identifier | None = None
    hosts: OnHosts = OnHosts.ALL
    """Of the component."""
    command: Command
    check: Command | None = None
    """Exit 0: there is nothing to do."""
    read_only: bool = False
    """It changes nothing; may run as evidence and in a rehearsal."""
    repeatable: bool = False
    """It may run again after it failed half-way."""
    undo: Command | None = None
    """In a change: what takes it back, on the hosts where it ran. It must bear that the command failed half-way."""


class StartStep(OtherStep, TriedAgain):
    """Bring a component to running; nothing is done where it runs already.

    In a change it is taken back by stopping the component where it was started, unless `undo` says otherwise.
    """

    type: Literal["start"] = "start"
    component: Identifier
    hosts: OnHosts = OnHosts.ALL


class StopStep(OtherStep, TriedAgain):
    """Bring a component to stopped; nothing is done where it is stopped already.

    In a change it is taken back by starting the component where it was stopped, unless `undo` says otherwise.
    """

    type: Literal["stop"] = "stop"
    component: Identifier
    hosts: OnHosts = OnHosts.ALL


class RestartStep(OtherStep, TriedAgain):
    """Stop, then start a component, host by host; health is looked at before the next host.

    In a change it is taken back by restarting once more, after all else has been taken back, unless `undo` says otherwise.
    """

    type: Literal["restart"] = "restart"
    component: Identifier
    hosts: OnHosts = OnHosts.ALL
    """A remedy takes the ill hosts first and the others only if that does not help; `ill`: never the others."""


class ProbeStep(OtherStep, TriedAgain):
    """Wait until measuring points are healthy."""

    type: Literal["probe"] = "probe"
    component: Identifier | None = None
    measuring_points: list[Identifier] = []
    healthy_for: Duration = timedelta(0)


class AskStep(OtherStep):
    """Ask people before going on."""

    type: Literal["ask"] = "ask"
    question: str
    approval: Approval


class WaitStep(OtherStep):
    """Wait a while."""

    type: Literal["wait"] = "wait"
    duration: PositiveDuration
    reason: str


class NotifyStep(OtherStep):
    """Tell people something, each by the best channel they have."""

    type: Literal["notify"] = "notify"
    contacts: list[Identifier] = []
    roles: list[Identifier] = []
    """Whoever holds any of these."""
    text: Annotated[str, Field(min_length=1, max_length=2000)]
    """As its receivers read it, in their language; they may be outside the house."""
    must_reach: bool = False
    """The step fails when it reached nobody."""


class RunbookStep(OtherStep, TriedAgain):
    """Carry out a runbook."""

    type: Literal["runbook"] = "runbook"
    runbook: Identifier
    inputs: dict[str, Any] = {}
    repeatable: bool = False
    """It may be carried out again after it failed half-way."""


Step = Annotated[
    RunStep | StartStep | StopStep | RestartStep | ProbeStep | AskStep | WaitStep | NotifyStep | RunbookStep,
    Field(discriminator="type"),
]
"""One step of an instruction."""


class Symptom(Model):
    """By what a troubleshooting instruction is found; all that is given must match."""

    components: list[Identifier] = []
    measuring_points: list[Identifier] = []
    """None of either: any symptom of the application."""


class Remedy(Model):
    """Something that may put it right."""

    title: str
    steps: Annotated[list[Step], Field(min_length=1)]
    approval: Approval | None = None
    """None: agreed once for all, carried out without asking."""
    cause: CauseCode | None = None
    """What the incident came from, if this puts it right."""


class Troubleshooting(Model):
    """What to collect and what to try, in order, when a symptom shows."""

    title: str
    symptom: Symptom = Symptom()
    collect: list[RunStep] = []
    """Evidence: read-only commands."""
    remedies: dict[Identifier, Remedy] = {}
    """Tried in the order written."""
    handover: Approval | None = None
    """Who decides when no remedy helped; role `operator` unless given."""


class StartStop(Model):
    """An order for starting or stopping the whole application: groups one after the other, parallel inside a group."""

    order: list[list[Identifier]] = []
    """None: from the dependencies."""
    before: list[Step] = []
    after: list[Step] = []


class OwnBackup(Model):
    """Any other backup, restored and drilled by steps of one's own; commands get what they need as environment variables.

    `RESTORE_POINT` is the id of the restore point, `RESTORED_TO` the directory of a drill (empty in a restore).
    """

    type: Literal["other"]
    location: str
    """Where the backup lies, for people; no secrets."""
    points: Command
    """Prints the restore points, one a line: `2026-01-31T02:00:00Z`, size in bytes, id. Changes nothing."""
    examine: Command | None = None
    """Exit 0: the point `RESTORE_POINT` is readable, not empty, and of this application. Changes nothing."""
    keep: list[Step] = []
    """Puts what exists now into safety; where it is, `kept_at` says."""
    kept_at: str | None = None
    steps: Annotated[list[Step], Field(min_length=1)]
    """Restores."""
    put_back: list[Step] = []
    """Puts back what `keep` has put into safety."""
    drill: list[Step] = []
    """Restores into `RESTORED_TO`, an empty directory; nothing else may be touched."""
    clean_up: list[Step] = []
    """After a drill, before its directory is removed."""


class Drill(Model):
    """How a restore is practised: into a scratch place, verified, timed, and removed again."""

    frequency: Frequency
    """As for maintenance; the time is the supplier's."""
    time_zone: TimeZone = "UTC"
    host: Identifier | None = None
    """Where drills are held; the host of the restore unless given. Tools and backups must be there as well."""
    scratch: HostPath | None = None
    """A directory with room for it; beside what is restored unless given. A dump needs none: it is restored under another
    name in the same server."""


class Restore(Model):
    """How something is restored from backup, and how that is proven."""

    title: str
    component: Identifier
    """What is restored."""
    host: Identifier | None = None
    """Where its tools and backups are; the component's host unless given."""
    source: PostgresqlDump | PostgresqlBase | Restic | Files | OwnBackup = Field(discriminator="type")
    stop: list[list[Identifier]] = []
    """What is stopped before, in groups one after the other, and started in reverse; unless given, all that needs the
    component, and for files the component itself."""
    verify: Annotated[list[RunStep], Field(min_length=1)]
    """Queries whose success proves the restore; where to look, their environment says."""
    restore_point: PositiveDuration
    """Agreed RPO: how much may be lost."""
    restore_time: PositiveDuration
    """Agreed RTO: how long it may take."""
    oldest: PositiveDuration = timedelta(days=30)
    """A backup that is older is refused."""
    give_up_after: PositiveDuration | None = None
    """How long any one step may take; four times the agreed restore time unless given."""
    approval: Approval | None = None
    """Who must agree: the data's owner."""
    drill: Drill | None = None


class Change(Model):
    """What is changed, and how that is proven."""

    title: str
    risk: Risk = Risk.MEDIUM
    """What its author thinks; what it touches may make it higher."""
    before: list[Step] = []
    """Looked at and made ready first; when one fails, nothing is changed. Never undone."""
    steps: Annotated[list[Step], Field(min_length=1)]
    verify: list[Step] = []
    """Steps that prove it, besides the health from before."""
    healthy_for: Duration = timedelta(minutes=1)
    """How long what was healthy before must be healthy afterwards."""
    bounds: HealthBounds = HealthBounds()
    on_failure: OnFailure = OnFailure.UNDO


class ChangeRoutine(Change):
    """A recurring change with everything it needs."""

    standard: bool = False
    """Agreed once for all: carried out without asking."""
    approvals: ChangeApprovals | None = None
    """Instead of what the agreement asks for at its risk."""


class Instructions(Model):
    """The predefined instructions of the application."""

    start_up: StartStop = StartStop()
    shut_down: StartStop = StartStop()
    troubleshooting: dict[Identifier, Troubleshooting] = {}
    restore: dict[Identifier, Restore] = {}
    changes: dict[Identifier, ChangeRoutine] = {}
    fresh_for: PositiveDuration | Literal["always"] = timedelta(days=180)
    """How long an instruction counts as proven after it was rehearsed or carried out: one that is not asks an operator before
    it is used unattended. `always`: none needs proof."""
