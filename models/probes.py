"""Probes: Driftvakt's kinds, samples, and the requests to probe."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, ClassVar, Final, Literal
from urllib.parse import urlsplit

from pydantic import Field

from models import forms as form
from models.base import Model, PositiveDuration
from models.forms import Form
from models.hosts import HostTarget
from models.probe_kinds import Probe

REFERENCES: Final = ("env:", "file:")
"""The prefixes of references to secrets."""

_SECRET_HEADERS: Final = {"authorization", "proxy-authorization", "cookie", "x-api-key", "x-auth-token"}


class HttpProbe(Probe):
    """Request a page."""

    type: Literal["http"] = "http"
    url: Annotated[str, Field(pattern=r"^https?://[^\s]+$")]
    method: Literal["GET", "HEAD", "POST"] = "GET"
    headers: dict[str, str] = {}
    """Secret values are references, `env:NAME` or `file:PATH`, which the site's worker resolves."""
    body: str | None = None
    expect_status: list[int] = [200]
    expect_body: str | None = None
    """A text that the body must contain."""
    forbid_body: str | None = None
    """A text that the body must not contain."""
    max_latency: PositiveDuration | None = None
    follow_redirects: bool = False
    verify_tls: bool = True
    timeout: PositiveDuration = timedelta(seconds=10)

    gives_number: ClassVar[bool] = False
    forms: ClassVar[Mapping[str, Form]] = {"url": form.url, "headers.*": form.reference}
    secret_fields: ClassVar[frozenset[str]] = frozenset({"headers", "body"})

    @property
    def address(self) -> str:
        """The host of the URL."""
        return urlsplit(self.url).hostname or ""

    def secrets(self) -> Iterator[tuple[tuple[str, ...], str, str]]:
        """Yield headers that usually contain a secret."""
        for header, value in self.headers.items():
            if header.lower() in _SECRET_HEADERS and not value.startswith(REFERENCES):
                yield ("headers", header), f"the secret of the header {header}", "write env:NAME or file:PATH instead"


class TcpProbe(Probe):
    """Open a connection and close it. Never use it on an SSH port: sshd penalises clients that connect without logging
    in.
    """

    type: Literal["tcp"] = "tcp"
    host: str
    port: Annotated[int, Field(ge=1, le=65535)]
    timeout: PositiveDuration = timedelta(seconds=5)

    gives_number: ClassVar[bool] = False
    forms: ClassVar[Mapping[str, Form]] = {"host": form.address}

    @property
    def address(self) -> str:
        """The host."""
        return self.host.lower()

    @property
    def bare_connection(self) -> tuple[str, int]:
        """The host and the port."""
        return self.host, self.port


class TlsExpiryProbe(Probe):
    """The value is the number of days until the server's certificate expires."""

    type: Literal["tls_expiry"] = "tls_expiry"
    host: str
    port: Annotated[int, Field(ge=1, le=65535)] = 443
    server_name: str | None = None
    timeout: PositiveDuration = timedelta(seconds=10)

    forms: ClassVar[Mapping[str, Form]] = {"host": form.address, "server_name": form.dns_name}

    @property
    def address(self) -> str:
        """The host."""
        return self.host.lower()


class DnsProbe(Probe):
    """Resolve a name; the value is the number of answers."""

    type: Literal["dns"] = "dns"
    name: str
    record: Literal["A", "AAAA", "CNAME", "MX", "TXT", "NS"] = "A"
    expect: list[str] = []
    """Answers that must be among those received; empty: any answer is enough."""
    server: str | None = None
    """`ADDRESS` or `ADDRESS:PORT` of the name server; the system's own by default."""
    timeout: PositiveDuration = timedelta(seconds=5)

    forms: ClassVar[Mapping[str, Form]] = {"name": form.dns_name, "server": form.name_server}

    @property
    def asks_between(self) -> bool:
        """True for the machine's own name server, because it is not the measured server."""
        return self.server is None


class SshCommandProbe(Probe):
    """Run a read-only command on a host; the first number on its standard output is the value."""

    type: Literal["ssh_command"] = "ssh_command"
    host: str
    """The host's name in the dossier."""
    command: str
    timeout: PositiveDuration = timedelta(seconds=20)

    on_host: ClassVar[bool] = True


class SqlProbe(Probe):
    """Query a database; the value is the first column of the first row."""

    type: Literal["sql"] = "sql"
    database: str
    """`env:NAME` or `file:PATH` with the URL, or a URL without a password (`postgresql://`, `sqlite:///`)."""
    query: str
    """The query runs in a read-only transaction."""
    timeout: PositiveDuration = timedelta(seconds=10)

    forms: ClassVar[Mapping[str, Form]] = {"database": form.database}
    secret_fields: ClassVar[frozenset[str]] = frozenset({"database"})

    def secrets(self) -> Iterator[tuple[tuple[str, ...], str, str]]:
        """Yield the database if its URL contains a password."""
        if not self.database.startswith(REFERENCES) and _has_password(self.database):
            yield ("database",), "a password", "write `database: env:NAME` or `file:PATH`"


class PrometheusProbe(Probe):
    """Ask a Prometheus server for one number; an empty answer is no data."""

    type: Literal["prometheus"] = "prometheus"
    server: Annotated[str, Field(pattern=r"^https?://[^\s]+$")]
    query: str
    timeout: PositiveDuration = timedelta(seconds=10)

    forms: ClassVar[Mapping[str, Form]] = {"server": form.url}

    @property
    def asks_between(self) -> bool:
        """True, because Prometheus is not the measured server."""
        return True


def _has_password(url: str) -> bool:
    try:
        return bool(urlsplit(url).password) or "password=" in url
    except ValueError:
        return "@" in url


class Seen(StrEnum):
    """The result of one probe."""

    OK = "ok"
    FAILED = "failed"
    NO_DATA = "no_data"
    """Nothing was measured: the probe could not run, or there was no answer to judge."""


class Sample(Model):
    """One probe of one measuring point."""

    point: str
    """`customer.application.measuring-point`."""
    at: datetime
    """The beginning of the probe, UTC."""
    seen: Seen
    value: float | None = None
    """The value in the unit of the measuring point; None if the kind has no number, or the probe failed."""
    latency_ms: float | None = None
    detail: str = ""
    """One short sentence for people; at most 300 characters; no secrets."""


class ProbeTarget(Model):
    """A measuring point ready to be probed."""

    point: str
    probe: Probe
    ssh_host: HostTarget | None = None
    """The host on which the probe runs a command over SSH; None for kinds without SSH."""
    failing_when: list[str] = []
    """Conditions (`value > 90`) under which a successful probe still counts as a fault; used by `watch_health`."""


class ProbeBatch(Model):
    """Probe any number of points at one site, once each."""

    targets: Annotated[list[ProbeTarget], Field(min_length=1)]
    at_once: Annotated[int, Field(ge=1, le=500)] = 50


class ProbeBatchResult(Model):
    """One sample for each target, in the given order."""

    samples: list[Sample]

    @property
    def failing(self) -> list[Sample]:
        """The samples that are not OK."""
        return [s for s in self.samples if s.seen is not Seen.OK]


class WatchHealth(Model):
    """Probe points repeatedly until their state is certain: to confirm a fault, or to prove recovery.

    One activity with heartbeats does it, so that waiting needs no history.
    """

    targets: Annotated[list[ProbeTarget], Field(min_length=1)]
    every: PositiveDuration = timedelta(seconds=5)
    healthy_for: PositiveDuration | None = None
    """Succeed when all points were OK for this long without a break (proof of recovery)."""
    failing_checks: int | None = None
    """Succeed when a point failed in this many probes in a row (confirmation); a first round in which all are OK ends
    it."""
    give_up_after: PositiveDuration = timedelta(minutes=5)


class HealthVerdict(Model):
    """The result of `WatchHealth`."""

    healthy: bool
    """All points were OK at the end (for `healthy_for`, if it was given)."""
    certain: bool = True
    """Whether the requested state was established; False: the time ran out before."""
    checks: int
    """The number of rounds of probes."""
    samples: list[Sample]
    """The samples of the last round."""
    reason: str
    """One sentence for people."""
