"""Instructions: predefined, ordered steps as data. They have no loops or conditions; whoever needs those writes a runbook."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field

from models.base import Duration, Identifier, Model, PositiveDuration
from models.dossier.agreement import CauseCode

Command = str | Annotated[list[str], Field(min_length=1)]
"""A shell command as a string, or its parts as a list, which are quoted."""


class OnSilence(StrEnum):
    """What nobody's answer means once the time is up."""

    REFUSE = "refuse"
    APPROVE = "approve"
    ASK_AGAIN = "ask_again"


class Approval(Model):
    """Who must agree, and how."""

    roles: Annotated[list[Identifier], Field(min_length=1)]
    """Contacts who hold any of these may decide."""
    count: Annotated[int, Field(ge=1, le=10)] = 1
    """How many different people must approve."""
    not_requester: bool = True
    """Whoever asked for it may not approve it."""
    within: PositiveDuration = timedelta(minutes=30)
    on_silence: OnSilence = OnSilence.REFUSE


class StepBase(Model):
    """What all steps have."""

    title: str | None = None
    """What people read; made from the step unless given."""
    timeout: PositiveDuration = timedelta(minutes=5)


class RunStep(StepBase):
    """Run a command on every host of a component, or on one host."""

    type: Literal["run"] = "run"
    component: Identifier | None = None
    host: Identifier | None = None
    command: Command
    check: Command | None = None
    """Exit 0: there is nothing to do."""
    read_only: bool = False
    """It changes nothing; may run as evidence and in a rehearsal."""
    undo: Command | None = None
    """In a change: what takes it back."""


class StartStep(StepBase):
    """Bring a component to running."""

    type: Literal["start"] = "start"
    component: Identifier


class StopStep(StepBase):
    """Bring a component to stopped."""

    type: Literal["stop"] = "stop"
    component: Identifier


class RestartStep(StepBase):
    """Stop, then start a component."""

    type: Literal["restart"] = "restart"
    component: Identifier


class ProbeStep(StepBase):
    """Wait until measuring points are healthy."""

    type: Literal["probe"] = "probe"
    component: Identifier | None = None
    measuring_points: list[Identifier] = []
    healthy_for: Duration = timedelta(0)


class AskStep(StepBase):
    """Ask people before going on."""

    type: Literal["ask"] = "ask"
    question: str
    approval: Approval


class WaitStep(StepBase):
    """Wait a while."""

    type: Literal["wait"] = "wait"
    duration: PositiveDuration
    reason: str


class RunbookStep(StepBase):
    """Carry out a runbook."""

    type: Literal["runbook"] = "runbook"
    runbook: Identifier
    inputs: dict[str, Any] = {}


Step = Annotated[
    RunStep | StartStep | StopStep | RestartStep | ProbeStep | AskStep | WaitStep | RunbookStep,
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


class BackupSource(StrEnum):
    """What a backup was made with."""

    POSTGRESQL_DUMP = "postgresql_dump"
    POSTGRESQL_BASE = "postgresql_base"
    RESTIC = "restic"
    FILES = "files"
    OTHER = "other"


class Restore(Model):
    """How something is restored from backup, and how that is proven."""

    title: str
    component: Identifier
    source: BackupSource
    location: str
    """Where the backup lies; no secrets."""
    credential: str | None = None
    """`env:NAME` or `file:PATH`."""
    steps: Annotated[list[Step], Field(min_length=1)]
    verify: Annotated[list[RunStep], Field(min_length=1)]
    """Queries whose success proves the restore."""
    restore_point: PositiveDuration
    """Agreed RPO: how much may be lost."""
    restore_time: PositiveDuration
    """Agreed RTO: how long it may take."""
    approval: Approval | None = None


class ChangeRoutine(Model):
    """A recurring change with everything it needs."""

    title: str
    risk: Literal["low", "medium", "high"] = "medium"
    before: list[Step] = []
    steps: Annotated[list[Step], Field(min_length=1)]
    verify: list[Step] = []
    approval: Approval | None = None


class Instructions(Model):
    """The predefined instructions of the application."""

    start_up: StartStop = StartStop()
    shut_down: StartStop = StartStop()
    troubleshooting: dict[Identifier, Troubleshooting] = {}
    restore: dict[Identifier, Restore] = {}
    changes: dict[Identifier, ChangeRoutine] = {}
