"""Instructions: predefined, ordered steps as data. They have no loops or conditions; a runbook can have both."""

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
"""A shell command as a string, or its parts as a list; Driftvakt quotes the parts."""


class Check(Model):
    """A command on hosts that finds out whether the step still has something to do."""

    component: Identifier | None = None
    """The check runs on every host of the component, and must succeed on all of them."""
    host: Identifier | None = None
    command: Command
    """Exit 0 means that the step is not needed. The command must not change anything, because it also runs in a
    rehearsal."""
    timeout: PositiveDuration = timedelta(minutes=1)


class StepBase(Model):
    """The fields that all steps have."""

    title: str | None = None
    """The text that people read; generated from the step by default."""
    timeout: PositiveDuration = timedelta(minutes=5)


class TriedAgain(Model):
    """The fields of a step that can be retried."""

    tries: Annotated[int, Field(ge=1, le=10)] = 1
    """The most attempts in total."""
    pause: PositiveDuration = timedelta(seconds=10)
    """The time between two attempts."""


class OtherStep(StepBase):
    """The fields of all steps except commands."""

    check: Check | None = None
    """The step is skipped if the check succeeds."""
    undo: list[Step] | None = None
    """In a change: the steps that roll this step back, in order. Default: only start and stop steps are rolled back."""


class OnHosts(StrEnum):
    """The hosts of its component on which a step acts."""

    ALL = "all"
    FAILING = "failing"
    """The hosts with a failing measuring point; if none is known, the hosts on which the component does not run."""


class RunStep(StepBase, TriedAgain):
    """Run a command on every host of a component, or on one host."""

    type: Literal["run"] = "run"
    component: Identifier | None = None
    host: Identifier | None = None
    hosts: OnHosts = OnHosts.ALL
    """The hosts of the component on which the command runs."""
    command: Command
    check: Command | None = None
    """Exit 0 means that the step is not needed."""
    read_only: bool = False
    """The command changes nothing, so it may collect evidence and run in a rehearsal."""
    repeatable: bool = False
    """The command may run again after it failed half-way."""
    undo: Command | None = None
    """In a change: the command that rolls this step back, on the hosts where the step ran. It must also work if the
    step failed half-way."""


class StartStep(OtherStep, TriedAgain):
    """Start a component on the hosts where it does not run.

    In a change, rolling back stops the component on the hosts where the step started it, unless `undo` gives other
    steps.
    """

    type: Literal["start"] = "start"
    component: Identifier
    hosts: OnHosts = OnHosts.ALL


class StopStep(OtherStep, TriedAgain):
    """Stop a component on the hosts where it runs.

    In a change, rolling back starts the component on the hosts where the step stopped it, unless `undo` gives other
    steps.
    """

    type: Literal["stop"] = "stop"
    component: Identifier
    hosts: OnHosts = OnHosts.ALL


class RestartStep(OtherStep, TriedAgain):
    """Restart a component host by host; each host must be healthy before the next.

    In a change, rolling back restarts the component once more, after all other steps are rolled back, unless `undo`
    gives other steps.
    """

    type: Literal["restart"] = "restart"
    component: Identifier
    hosts: OnHosts = OnHosts.ALL
    """In a remedy, `all` restarts the unhealthy hosts first, and the others only if that does not help. `failing` never
    restarts the others."""


class ProbeStep(OtherStep, TriedAgain):
    """Wait until measuring points are healthy."""

    type: Literal["probe"] = "probe"
    component: Identifier | None = None
    measuring_points: list[Identifier] = []
    healthy_for: Duration = timedelta(0)


class AskStep(OtherStep):
    """Ask people for approval before the next step."""

    type: Literal["ask"] = "ask"
    question: str
    approval: Approval


class WaitStep(OtherStep):
    """Wait for a fixed time."""

    type: Literal["wait"] = "wait"
    duration: PositiveDuration
    reason: str


class NotifyStep(OtherStep):
    """Send a notice to people, to each by their best channel."""

    type: Literal["notify"] = "notify"
    contacts: list[Identifier] = []
    roles: list[Identifier] = []
    """Contacts with any of these roles."""
    text: Annotated[str, Field(min_length=1, max_length=2000)]
    """The text that the receivers read, in their language. Receivers may be outside the supplier's organisation."""
    must_be_delivered: bool = False
    """The step fails if the notice reached nobody."""


class RunbookStep(OtherStep, TriedAgain):
    """Run a runbook."""

    type: Literal["runbook"] = "runbook"
    runbook: Identifier
    inputs: dict[str, Any] = {}
    repeatable: bool = False
    """The runbook may run again after it failed half-way."""


Step = Annotated[
    RunStep | StartStep | StopStep | RestartStep | ProbeStep | AskStep | WaitStep | NotifyStep | RunbookStep,
    Field(discriminator="type"),
]
"""One step of an instruction."""


class Symptom(Model):
    """The condition under which a troubleshooting instruction applies; an alarm must match all given fields."""

    components: list[Identifier] = []
    measuring_points: list[Identifier] = []
    """If both lists are empty, the instruction matches any symptom of the application."""


class Remedy(Model):
    """One way to fix a fault."""

    title: str
    steps: Annotated[list[Step], Field(min_length=1)]
    approval: Approval | None = None
    """Without an approval, the remedy runs without a question: the agreement covers it."""
    cause: CauseCode | None = None
    """The cause of the incident if this remedy fixes the fault."""


class Troubleshooting(Model):
    """The evidence to collect and the remedies to try when a symptom shows."""

    title: str
    symptom: Symptom = Symptom()
    collect: list[RunStep] = []
    """Read-only commands whose output is the evidence."""
    remedies: dict[Identifier, Remedy] = {}
    """The remedies, tried in the written order."""
    handover: Approval | None = None
    """The people who decide if no remedy helped; the role `operator` by default."""


class StartStop(Model):
    """The order in which the whole application is started or stopped: groups in sequence, in parallel inside a
    group.
    """

    order: list[list[Identifier]] = []
    """Empty: computed from the dependencies."""
    before: list[Step] = []
    after: list[Step] = []


class OwnBackup(Model):
    """A backup of any other kind, restored and drilled by the given steps; commands read environment variables.

    `RESTORE_POINT` is the id of the restore point. `RESTORED_TO` is the directory of a drill, and empty in a restore.
    """

    type: Literal["other"]
    location: str
    """A description for people of where the backup is stored, without secrets."""
    points: Command
    """A read-only command that prints the restore points, one on each line: `2026-01-31T02:00:00Z`, size in bytes,
    id."""
    examine: Command | None = None
    """A read-only command. Exit 0 means that the point `RESTORE_POINT` is readable, not empty, and of this
    application."""
    keep: list[Step] = []
    """Steps that save the current data before a restore; `saved_to` describes the place."""
    saved_to: str | None = None
    steps: Annotated[list[Step], Field(min_length=1)]
    """The steps of the restore."""
    put_back: list[Step] = []
    """Steps that put the data saved by `keep` back."""
    drill: list[Step] = []
    """Steps that restore into the empty directory `RESTORED_TO`; they must touch nothing else."""
    clean_up: list[Step] = []
    """Steps after a drill, before its directory is removed."""


class Drill(Model):
    """A restore test: restore into a scratch place, verify, measure the time, and remove the data."""

    frequency: Frequency
    """Written as for maintenance, in `time_zone`."""
    time_zone: TimeZone = "UTC"
    host: Identifier | None = None
    """The host of the drills; by default the host of the restore. Tools and backups must be on it as well."""
    scratch: HostPath | None = None
    """A directory with enough space; by default next to the restored data. A dump needs none: it is restored under
    another name in the same server."""


class Restore(Model):
    """How data is restored from a backup, and how the result is proven."""

    title: str
    component: Identifier
    """The component whose data is restored."""
    host: Identifier | None = None
    """The host with the tools and backups; the component's host by default."""
    source: PostgresqlDump | PostgresqlBase | Restic | Files | OwnBackup = Field(discriminator="type")
    stop: list[list[Identifier]] = []
    """Groups of components that are stopped in this order before the restore, and started in reverse order. Default:
    all components that need the restored one, and for files the component itself."""
    verify: Annotated[list[RunStep], Field(min_length=1)]
    """Queries that prove the restore by success; environment variables name the restored data."""
    restore_point: PositiveDuration
    """The agreed RPO: the time whose data may be lost."""
    restore_time: PositiveDuration
    """The agreed RTO: the longest time that the restore may take."""
    oldest: PositiveDuration = timedelta(days=30)
    """An older backup is refused."""
    give_up_after: PositiveDuration | None = None
    """The timeout of each step; four times `restore_time` by default."""
    approval: Approval | None = None
    """The approval by the owner of the data."""
    drill: Drill | None = None


class Change(Model):
    """A change: its steps, and how the result is proven."""

    title: str
    risk: Risk = Risk.MEDIUM
    """The author's estimate; the components that the change touches may raise it."""
    before: list[Step] = []
    """Checks and preparations. If one fails, the change does not begin. They are never rolled back."""
    steps: Annotated[list[Step], Field(min_length=1)]
    verify: list[Step] = []
    """Steps that prove the change, in addition to the health before it."""
    healthy_for: Duration = timedelta(minutes=1)
    """How long the points that were healthy before must stay healthy afterwards."""
    bounds: HealthBounds = HealthBounds()
    on_failure: OnFailure = OnFailure.UNDO


class ChangeRoutine(Change):
    """A recurring change with its approvals and schedule."""

    standard: bool = False
    """A pre-approved change: carried out without a question."""
    approvals: ChangeApprovals | None = None
    """Replaces the approvals that the agreement requires for this risk."""


class Instructions(Model):
    """The predefined instructions of the application."""

    start_up: StartStop = StartStop()
    shut_down: StartStop = StartStop()
    troubleshooting: dict[Identifier, Troubleshooting] = {}
    restore: dict[Identifier, Restore] = {}
    changes: dict[Identifier, ChangeRoutine] = {}
    fresh_for: PositiveDuration | Literal["always"] = timedelta(days=180)
    """How long an instruction counts as proven after a rehearsal or a run. An operator must approve the automatic use
    of an instruction that is not proven. `always`: no proof is needed."""
