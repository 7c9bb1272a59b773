"""Probes many measuring points at the same time; needs no Temporal."""

from __future__ import annotations

import asyncio
import logging
import ssl
import time
import traceback
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from activities.probes.finding import DETAIL_LIMIT, ProbeFinding, failed, from_error, no_data
from activities.probes.kinds import load_ways, way_of
from activities.probes.tools import ProbeTools, ReadOnlySsh
from models.base import format_duration
from models.errors import DriftvaktError
from models.probe_kinds import Probe
from models.probes import ProbeTarget, Sample

_log = logging.getLogger(__name__)


class ProbeRunner:
    """Probes measuring points with connections that all calls share; for one event loop.

    FAILED: the target gave a wrong answer, refused, or did not answer in time; also a name that does not exist.

    NO_DATA: the probe learnt nothing about the target. The probe is invalid, a reference cannot be resolved, or this
    machine lacks ports, routes or a working name server. It is also the result if a part between them does not answer:
    the host of an SSH command, Prometheus, or the machine's own name server.
    """

    def __init__(
        self, run_read_only: ReadOnlySsh | None = None, *, http_clients: int = 2000, trust: ssl.SSLContext | None = None
    ) -> None:
        """`run_read_only` runs commands on hosts; `trust` replaces the system's certificate store."""
        load_ways()
        self._tools = ProbeTools(run_read_only, http_clients=http_clients, trust=trust)

    async def probe_all(self, targets: Sequence[ProbeTarget], at_once: int = 50) -> list[Sample]:
        """Probe each target once, at most `at_once` at the same time. Return one sample for each target, in order.

        A target never raises an error. A cancellation ends all probes in progress.
        """
        samples: list[Sample | None] = [None] * len(targets)
        waiting = iter(enumerate(targets))
        async with asyncio.TaskGroup() as group:
            for _ in range(min(max(at_once, 1), len(targets))):
                group.create_task(self._work(waiting, samples))
        return [s for s in samples if s is not None]

    async def probe(self, target: ProbeTarget) -> Sample:
        """Probe one target once."""
        at, began = datetime.now(UTC), time.perf_counter()
        finding = await self._find(target)
        return Sample(
            point=target.point,
            at=at,
            seen=finding.seen,
            value=finding.value,
            latency_ms=round((time.perf_counter() - began) * 1000, 3),
            detail=finding.detail[:DETAIL_LIMIT],
        )

    async def close(self) -> None:
        """Close all connections. A blocking probe in progress ends by its own timeout."""
        await self._tools.close()

    async def _work(self, waiting: Iterator[tuple[int, ProbeTarget]], samples: list[Sample | None]) -> None:
        for place, target in waiting:
            samples[place] = await self.probe(target)

    async def _find(self, target: ProbeTarget) -> ProbeFinding:
        probe = target.probe
        try:
            way = way_of(type(probe))
            async with asyncio.timeout(None if way.keeps_time else probe.timeout.total_seconds()):
                return await way.carry_out(probe, self._tools.at(target.ssh_host))
        except TimeoutError:
            return _silence(probe, failed(f"no answer within {format_duration(probe.timeout)}"))
        except OSError as error:
            return _silence(probe, from_error(error))
        except DriftvaktError as error:
            return no_data(" ".join(str(error).split()))
        except Exception as error:
            return _fault(target, error)


def _silence(probe: Probe, finding: ProbeFinding) -> ProbeFinding:
    """Return the sample for a timeout. If a part between us and the target did not answer, it is no data."""
    return finding.as_no_data() if probe.asks_between else finding


def _fault(target: ProbeTarget, error: Exception) -> ProbeFinding:
    """Return the sample for a defect of ours: only class and place, because the text of the error may contain secrets."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "nowhere"
    _log.error("the probe of %s failed: %s at %s", target.point, type(error).__name__, place)
    return no_data(f"the probe itself failed: {type(error).__name__} at {place}")
