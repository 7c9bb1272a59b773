"""Remote jobs: commands that run on a host at most once for each id, and their results.

The workflow names a job. Its host starts it at most once under that name, runs it detached, and keeps the output and
the exit status. A retry from any worker attaches to the job and reads them.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from models.base import Model, PositiveDuration, digest
from models.hosts import Control, HostTarget

EXCERPT_LIMIT = 8 * 1024
"""Bytes of each stream in a result: its end, which usually has the reason of a failure."""

STREAM_LIMIT = 1024 * 1024
"""Bytes of each stream that are fetched from the host and kept in the records; further bytes are only counted."""

JobId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$")]
"""The id of one intention: the same id never runs twice on a host."""


class Outcome(StrEnum):
    """The outcome of a remote action. UNKNOWN needs a check before any other decision."""

    OK = "ok"
    FAILED = "failed"
    UNKNOWN = "unknown"


class RunJob(Model):
    """Run one command on one host as a job."""

    job: JobId
    host: HostTarget
    command: str | list[str]
    """A string is a shell command as in the dossier; each part of a list is quoted."""
    check: str | list[str] | None = None
    """Runs first: exit 0 means that the command is not needed."""
    read_only: bool = False
    """Whether the command changes nothing; only such a command runs in a rehearsal."""
    timeout: PositiveDuration = timedelta(minutes=5)
    """From the first connection to the last byte; after it, the remote process group is stopped."""
    fences: dict[str, Annotated[int, Field(ge=1)]] = {}
    """The fencing token of each component (`customer.application.component`). The command holds the host's locks of all
    of them, and the host refuses it if it has seen a higher token for one. Empty: no fencing, for read-only
    commands."""
    rehearse: bool = False
    """Run only the check, and return the command that would run; no fencing."""
    secrets: list[str] = []
    """References whose values are masked in all output: `env:NAME` or `file:PATH` on the site's worker."""
    application: str = ""
    """The application of the host, `acme.shop`; a halt of its customer prevents the start."""
    may_have_started: bool = False
    """Whether an earlier activity may have started the job."""

    @property
    def asked(self) -> str:
        """The digest of the command. The host refuses a known job id with another digest."""
        return digest({"command": self.command, "check": self.check})


class Verb(StrEnum):
    """The target state of a component."""

    STARTED = "started"
    STOPPED = "stopped"


class EnsureComponent(Model):
    """Start, stop or restart one component on one host, unless it already has the target state."""

    job: JobId
    host: HostTarget
    component: str
    """`customer.application.component`, which the fencing token protects."""
    control: Control
    verb: Verb
    token: Annotated[int, Field(ge=1)]
    """The fencing token: the host refuses it if it has seen a higher one for this component."""
    timeout: PositiveDuration = timedelta(minutes=2)
    rehearse: bool = False
    may_have_started: bool = False
    """Whether an earlier activity may have started the job."""

    @property
    def asked(self) -> str:
        """The digest of the action. The host refuses a known job id with another digest."""
        control = self.control.model_dump(mode="json", exclude_defaults=True)
        return digest({"component": self.component, "verb": self.verb.value, "control": control})

    @property
    def application(self) -> str:
        """The application of the component."""
        return self.component.rpartition(".")[0]


class Stream(Model):
    """The end of one output stream."""

    text: str = ""
    """At most `EXCERPT_LIMIT` bytes, decoded with replacement characters, secrets masked."""
    total_bytes: int = 0
    """The total output of the command; may be more than was kept."""


class JobResult(Model):
    """The result of a remote action."""

    job: str
    host: str
    outcome: Outcome
    changed: bool
    """Whether the command ran; False if the check succeeded, and in a rehearsal."""
    exit_status: int | None = None
    """None if it is unknown."""
    reason: str
    """One sentence for people: the result, or why nothing was done."""
    command: str = ""
    """The command that ran or would run, as text."""
    stdout: Stream = Stream()
    stderr: Stream = Stream()
    seconds: float = 0.0
    """The duration, measured by the host if possible."""
    attached: bool = False
    """Whether an earlier activity had started the job, and this one read its result."""


class RunBatch(Model):
    """Several jobs at one site in one activity: hosts in parallel, jobs of one host in order."""

    jobs: Annotated[list[RunJob], Field(min_length=1, max_length=500)]
    at_once: Annotated[int, Field(ge=1, le=256)] = 32
    """The most hosts at the same time."""
    may_have_started: bool = False
    """Whether an earlier activity may have started some of the jobs."""


class BatchResult(Model):
    """One result for each job, in the given order."""

    results: list[JobResult]
