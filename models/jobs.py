"""Remote jobs: what to run on a host, at most once per id, and what came of it.

A job is named by the workflow, started at most once per name on its host, runs detached there and keeps its output and exit
status there; a retry from any worker re-attaches and reads.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from models.base import Model, PositiveDuration, digest
from models.hosts import Control, HostTarget

EXCERPT_LIMIT = 8 * 1024
"""Bytes of each stream that travel in a result: the end of it, where the reason usually stands."""

STREAM_LIMIT = 1024 * 1024
"""Bytes of each stream that are fetched from the host and kept in the records; the rest is counted."""

JobId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$")]
"""Stable for one intention: the same id never runs twice on a host."""


class Outcome(StrEnum):
    """What is known of a remote action; UNKNOWN asks for a look before anything else is decided."""

    OK = "ok"
    FAILED = "failed"
    UNKNOWN = "unknown"


class RunJob(Model):
    """Run one command on one host as a job."""

    job: JobId
    host: HostTarget
    command: str | list[str]
    """A string is a shell command as the dossier's author wrote it; a list is quoted part by part."""
    check: str | list[str] | None = None
    """Run first: exit 0 says that there is nothing to do."""
    read_only: bool = False
    """Whether the command changes nothing; only such a command runs in a rehearsal."""
    timeout: PositiveDuration = timedelta(minutes=5)
    """From the first connection to the last byte; at its end the remote process group is ended."""
    fences: dict[str, Annotated[int, Field(ge=1)]] = {}
    """Component (`customer.application.component`) to fencing token: the command runs while it holds the host's locks of
    all of them, and not at all once the host has seen a higher token for one. Empty: not fenced, as for what only reads."""
    rehearse: bool = False
    """Run the check alone and say what would be run; takes no fence."""
    secrets: list[str] = []
    """References whose values are masked in all output: `env:NAME` or `file:PATH` on the site's worker."""
    application: str = ""
    """Whose host it is, `acme.shop`: a halt of its customer keeps it from being started."""
    may_have_started: bool = False
    """Whether an activity before this one may have started it."""

    @property
    def asked(self) -> str:
        """Digest of what is run. The host refuses a job id that it keeps with another digest."""
        return digest({"command": self.command, "check": self.check})


class Verb(StrEnum):
    """What a component is brought to."""

    STARTED = "started"
    STOPPED = "stopped"


class EnsureComponent(Model):
    """Bring one component on one host to a state, unless it is there already."""

    job: JobId
    host: HostTarget
    component: str
    """`customer.application.component`: what the fencing token guards."""
    control: Control
    verb: Verb
    token: Annotated[int, Field(ge=1)]
    """Fencing token: the host refuses it once it has seen a higher one for this component."""
    timeout: PositiveDuration = timedelta(minutes=2)
    rehearse: bool = False
    may_have_started: bool = False
    """Whether an activity before this one may have started it."""

    @property
    def asked(self) -> str:
        """Digest of what is done. The host refuses a job id that it keeps with another digest."""
        control = self.control.model_dump(mode="json", exclude_defaults=True)
        return digest({"component": self.component, "verb": self.verb.value, "control": control})

    @property
    def application(self) -> str:
        """Whose component it is."""
        return self.component.rpartition(".")[0]


class Stream(Model):
    """The end of one output stream."""

    text: str = ""
    """At most `EXCERPT_LIMIT` bytes, decoded with replacement, secrets masked."""
    total_bytes: int = 0
    """What the command wrote in all; may be more than was kept."""


class JobResult(Model):
    """What came of a remote action."""

    job: str
    host: str
    outcome: Outcome
    changed: bool
    """Whether the command was carried out; False when the check found nothing to do, and in a rehearsal."""
    exit_status: int | None = None
    """None when it is not known."""
    reason: str
    """One sentence for people: what happened, or why nothing did."""
    command: str = ""
    """What was run, or would be, as it reads on the host."""
    stdout: Stream = Stream()
    stderr: Stream = Stream()
    seconds: float = 0.0
    """How long it took, as the host measured it where it could."""
    attached: bool = False
    """Whether this was a later look at a job that somebody had started before."""


class RunBatch(Model):
    """Several jobs at one site in one activity: in parallel over hosts, in order on each host."""

    jobs: Annotated[list[RunJob], Field(min_length=1, max_length=500)]
    at_once: Annotated[int, Field(ge=1, le=256)] = 32
    """How many hosts at the same time."""
    may_have_started: bool = False
    """Whether an activity before this one may have started some of them."""


class BatchResult(Model):
    """One result a job, in the order asked for."""

    results: list[JobResult]
