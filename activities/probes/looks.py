"""Looking at any number of measuring points at once; needs no Temporal."""

from __future__ import annotations

import asyncio
import logging
import ssl
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import httpx

from activities.probes.dns import probe_dns
from activities.probes.finding import DETAIL_LIMIT, ProbeFinding, failed, from_error, no_data
from activities.probes.http import http_failure, parse_url, probe_http
from activities.probes.http_clients import HttpClients
from activities.probes.names import Names
from activities.probes.prometheus import probe_prometheus
from activities.probes.sql import PostgresConnections, ask_sqlite, find_database
from activities.probes.ssh_command import SshLook, judge_look
from activities.probes.tcp import probe_tcp
from activities.probes.tls import probe_tls_expiry
from models.base import format_duration
from models.errors import DriftvaktError, ProbeError
from models.hosts import HostTarget
from models.probes import (
    DnsProbe,
    HttpProbe,
    Probe,
    ProbeTarget,
    PrometheusProbe,
    Sample,
    SqlProbe,
    SshCommandProbe,
    TcpProbe,
    TlsExpiryProbe,
)

_THREADS: Final = 32
"""Blocking looks (SSH commands, SQLite files) at the same time."""

_GRACE: Final = timedelta(seconds=5)
"""Beyond the timeout that a blocking look was given to keep by itself."""

_NetworkProbe = HttpProbe | TcpProbe | TlsExpiryProbe | DnsProbe | PrometheusProbe

_log = logging.getLogger(__name__)


class Looks:
    """Looks at measuring points, with connections that are shared by all calls; for one event loop.

    FAILED: the target answered wrongly, refused, or kept silent until the timeout; a name that does not exist, too.
    NO_DATA: nothing was learnt about it. The probe cannot be carried out as it is written, a reference cannot be
    resolved, this machine lacks ports, routes or a working name server; or what stands between (the host of an SSH
    command, Prometheus, the machine's own name server) does not answer.
    """

    def __init__(
        self, ssh_look: SshLook | None = None, *, http_clients: int = 2000, trust: ssl.SSLContext | None = None
    ) -> None:
        """`ssh_look` runs commands on hosts; `trust` replaces the system's certificate store."""
        self._ssh_look = ssh_look
        self._http = HttpClients(keep=http_clients, trust=trust)
        self._names = Names()
        self._postgres = PostgresConnections()
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="probe")
        self._thread_slots = asyncio.Semaphore(_THREADS)

    async def probe_all(self, targets: Sequence[ProbeTarget], at_once: int = 50) -> list[Sample]:
        """Look once at each target, at most `at_once` at the same time; one sample a target, in their order.

        Nothing is raised for a target, however bad; being cancelled ends all looks under way.
        """
        samples: list[Sample | None] = [None] * len(targets)
        waiting = iter(enumerate(targets))
        async with asyncio.TaskGroup() as group:
            for _ in range(min(max(at_once, 1), len(targets))):
                group.create_task(self._work(waiting, samples))
        return [s for s in samples if s is not None]

    async def probe(self, target: ProbeTarget) -> Sample:
        """Look once at one target."""
        at, began = datetime.now(UTC), time.perf_counter()
        finding = await self._look(target)
        return Sample(
            point=target.point,
            at=at,
            seen=finding.seen,
            value=finding.value,
            latency_ms=round((time.perf_counter() - began) * 1000, 3),
            detail=finding.detail[:DETAIL_LIMIT],
        )

    async def close(self) -> None:
        """Close all connections; a blocking look under way is left to end by its own deadline."""
        await self._http.close()
        await self._postgres.close()
        self._names.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _work(self, waiting: Iterator[tuple[int, ProbeTarget]], samples: list[Sample | None]) -> None:
        for place, target in waiting:
            samples[place] = await self.probe(target)

    async def _look(self, target: ProbeTarget) -> ProbeFinding:
        probe = target.probe
        try:
            if isinstance(probe, SshCommandProbe):
                return await self._in_thread(self._ssh_command(probe, target.ssh_host), probe.timeout + _GRACE)
            if isinstance(probe, SqlProbe):
                return await self._sql(probe)
            seconds = probe.timeout.total_seconds()
            async with asyncio.timeout(seconds):
                await self._names.find(_host(probe), seconds)
                return await self._over_network(probe)
        except TimeoutError:
            return _silence(probe, failed(f"no answer within {format_duration(probe.timeout)}"))
        except httpx.HTTPError as error:
            return _silence(probe, http_failure(error))
        except OSError as error:
            return _silence(probe, from_error(error))
        except DriftvaktError as error:
            return no_data(" ".join(str(error).split()))
        except Exception as error:
            return _fault(target, error)

    async def _over_network(self, probe: _NetworkProbe) -> ProbeFinding:
        match probe:
            case HttpProbe():
                return await probe_http(probe, self._http)
            case TcpProbe():
                return await probe_tcp(probe)
            case TlsExpiryProbe():
                return await probe_tls_expiry(probe)
            case DnsProbe():
                return await probe_dns(probe)
            case PrometheusProbe():
                return await probe_prometheus(probe, self._http)

    async def _sql(self, probe: SqlProbe) -> ProbeFinding:
        database = find_database(probe)
        if isinstance(database, Path):
            seconds = probe.timeout.total_seconds()
            return await self._in_thread(lambda: ask_sqlite(database, probe.query, seconds), probe.timeout + _GRACE)
        return await self._postgres.ask(database, probe.query, probe.timeout)

    def _ssh_command(self, probe: SshCommandProbe, host: HostTarget | None) -> Callable[[], ProbeFinding]:
        look = self._ssh_look
        if look is None:
            raise ProbeError("this worker has no SSH to run commands by")
        if host is None:
            raise ProbeError(f"the host {probe.host} of the command is not given")
        return lambda: judge_look(look(host, probe.command, probe.timeout))

    async def _in_thread(self, act: Callable[[], ProbeFinding], limit: timedelta) -> ProbeFinding:
        """Run what blocks. The clock starts once a thread is free: waiting for one is not the target's fault."""
        async with self._thread_slots, asyncio.timeout(limit.total_seconds()):
            return await asyncio.get_running_loop().run_in_executor(self._threads, act)


def _host(probe: _NetworkProbe) -> str:
    """The name that this machine has to resolve; the loopback's address where there is none."""
    match probe:
        case HttpProbe():
            return parse_url(probe.url).host
        case PrometheusProbe():
            return parse_url(probe.server).host
        case DnsProbe():
            return "127.0.0.1"
        case _:
            return probe.host


def _silence(probe: Probe, finding: ProbeFinding) -> ProbeFinding:
    """No answer from what stands between us and what is measured says nothing of the latter."""
    between = isinstance(probe, SshCommandProbe | PrometheusProbe) or (
        isinstance(probe, DnsProbe) and probe.server is None
    )
    return finding.as_no_data() if between else finding


def _fault(target: ProbeTarget, error: Exception) -> ProbeFinding:
    """A fault of ours: named by class and place, for its text may hold what was being handled."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "nowhere"
    _log.error("the probe of %s broke off: %s at %s", target.point, type(error).__name__, place)
    return no_data(f"the probe itself broke off: {type(error).__name__} at {place}")
