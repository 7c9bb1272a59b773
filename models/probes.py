"""Probes: one look at a measuring point, and what was seen."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from models.base import Model, PositiveDuration
from models.hosts import HostTarget


class HttpProbe(Model):
    """Ask for a page."""

    type: Literal["http"] = "http"
    url: Annotated[str, Field(pattern=r"^https?://[^\s]+$")]
    method: Literal["GET", "HEAD", "POST"] = "GET"
    headers: dict[str, str] = {}
    """Values that are secrets are written `env:NAME` or `file:PATH` and resolved on the site's worker."""
    body: str | None = None
    expect_status: list[int] = [200]
    expect_body: str | None = None
    """Text that the body must contain."""
    forbid_body: str | None = None
    """Text that the body must not contain."""
    max_latency: PositiveDuration | None = None
    follow_redirects: bool = False
    verify_tls: bool = True
    timeout: PositiveDuration = timedelta(seconds=10)


class TcpProbe(Model):
    """Open a connection and close it. Never for an SSH port: sshd penalises clients that connect without logging in."""

    type: Literal["tcp"] = "tcp"
    host: str
    port: Annotated[int, Field(ge=1, le=65535)]
    timeout: PositiveDuration = timedelta(seconds=5)


class TlsExpiryProbe(Model):
    """Days until the certificate that is served runs out; the value of the sample."""

    type: Literal["tls_expiry"] = "tls_expiry"
    host: str
    port: Annotated[int, Field(ge=1, le=65535)] = 443
    server_name: str | None = None
    timeout: PositiveDuration = timedelta(seconds=10)


class DnsProbe(Model):
    """Resolve a name; the value is the number of answers."""

    type: Literal["dns"] = "dns"
    name: str
    record: Literal["A", "AAAA", "CNAME", "MX", "TXT", "NS"] = "A"
    expect: list[str] = []
    """Answers that must be among those given; none: any answer will do."""
    server: str | None = None
    """`ADDRESS` or `ADDRESS:PORT` of the name server; the system's own unless given."""
    timeout: PositiveDuration = timedelta(seconds=5)


class SshCommandProbe(Model):
    """Run a read-only command on a host; the first number on its standard output is the value."""

    type: Literal["ssh_command"] = "ssh_command"
    host: str
    """The host's name in the dossier."""
    command: str
    timeout: PositiveDuration = timedelta(seconds=20)


class SqlProbe(Model):
    """Ask a database; the first column of the first row is the value."""

    type: Literal["sql"] = "sql"
    database: str
    """`env:NAME` or `file:PATH` that holds the URL, or a URL without a password (`postgresql://`, `sqlite:///`)."""
    query: str
    """Runs in a read-only transaction."""
    timeout: PositiveDuration = timedelta(seconds=10)


class PrometheusProbe(Model):
    """Ask a Prometheus server for one number; an empty answer is no data."""

    type: Literal["prometheus"] = "prometheus"
    server: Annotated[str, Field(pattern=r"^https?://[^\s]+$")]
    query: str
    timeout: PositiveDuration = timedelta(seconds=10)


Probe = Annotated[
    HttpProbe | TcpProbe | TlsExpiryProbe | DnsProbe | SshCommandProbe | SqlProbe | PrometheusProbe,
    Field(discriminator="type"),
]
"""How a measuring point is looked at."""


class Seen(StrEnum):
    """What one look found."""

    OK = "ok"
    FAILED = "failed"
    NO_DATA = "no_data"
    """Nothing could be learnt: the probe itself could not be carried out, or there was no answer to judge."""


class Sample(Model):
    """One look at one measuring point."""

    point: str
    """`customer.application.measuring-point`."""
    at: datetime
    """When the look began, UTC."""
    seen: Seen
    value: float | None = None
    """What was measured, in the unit of the measuring point; None where the kind has no number or it failed."""
    latency_ms: float | None = None
    detail: str = ""
    """One short sentence for people; at most 300 characters; no secrets."""


class ProbeTarget(Model):
    """A measuring point ready to be probed."""

    point: str
    probe: Probe
    ssh_host: HostTarget | None = None
    """For `ssh_command`: where."""
    ill_when: list[str] = []
    """Conditions (`value > 90`) under which a look that succeeded shows a fault all the same; heeded by `watch_health`."""


class ProbeBatch(Model):
    """Probe any number of points at one site, once each."""

    targets: Annotated[list[ProbeTarget], Field(min_length=1)]
    at_once: Annotated[int, Field(ge=1, le=500)] = 50


class ProbeBatchResult(Model):
    """One sample a target, in the order asked for."""

    samples: list[Sample]

    @property
    def failing(self) -> list[Sample]:
        """The samples that are not OK."""
        return [s for s in self.samples if s.seen is not Seen.OK]


class WatchHealth(Model):
    """Probe points again and again until their state is certain: for confirming a fault and for proving recovery.

    Carried out by one heartbeating activity, so that waiting costs no history.
    """

    targets: Annotated[list[ProbeTarget], Field(min_length=1)]
    every: PositiveDuration = timedelta(seconds=5)
    healthy_for: PositiveDuration | None = None
    """Succeed when all points were OK for this long without a break (proof of recovery)."""
    failing_looks: int | None = None
    """Succeed when some point failed in this many looks in a row (confirmation); the first look in which all are OK ends it."""
    give_up_after: PositiveDuration = timedelta(minutes=5)


class HealthVerdict(Model):
    """What watching the points came to."""

    healthy: bool
    """All points were OK at the end (for `healthy_for` as long as agreed)."""
    certain: bool = True
    """Whether the state asked for was established; False: time was up before it was."""
    looks: int
    """How many rounds of probes were made."""
    samples: list[Sample]
    """The last round."""
    reason: str
    """One sentence for people."""
