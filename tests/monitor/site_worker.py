"""A worker of one site in a process of its own, to be killed: `python -m tests.monitor.site_worker ADDRESS DB ...`.

A point fails while its name stands in the file FAILING. Workflows run elsewhere.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from activities.alarms.reporter import WatchReporter
from activities.monitor.activities import SiteMonitor
from activities.monitor.run import MonitorTuning, SiteParts
from activities.monitor.source import RecordedDossiers
from activities.monitor.store import MonitorStore
from activities.records.database import Database
from models.names import site_queue
from models.probes import ProbeTarget, Sample, Seen
from workflows.runtime.serving import BoundedWorker


class FileProber:
    """Sees what stands in a file."""

    def __init__(self, failing: Path) -> None:
        self._failing = failing

    async def probe_all(self, targets: Sequence[ProbeTarget], at_once: int) -> list[Sample]:
        names = self._failing.read_text().split()
        at = datetime.now(UTC)
        return [Sample(point=t.point, at=at, seen=Seen.FAILED if t.point in names else Seen.OK) for t in targets]


async def main(address: str, url: str, site: str, queue: str, failing: str) -> None:
    """Work until SIGTERM."""
    client = await Client.connect(address, data_converter=pydantic_data_converter)
    database = Database(url)
    parts = SiteParts(
        FileProber(Path(failing)),
        RecordedDossiers(database),
        MonitorStore(database),
        WatchReporter(client, task_queue=queue),
    )
    tuning = MonitorTuning(reload_every=0.5, first_probes_within=0.5, new_probes_within=0.5, beat_every=1.0)
    monitor = SiteMonitor(parts, tuning)
    over = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    async with BoundedWorker(
        client,
        task_queue=site_queue(site),
        activities=[monitor.sample_site],
        graceful_shutdown_timeout=timedelta(seconds=10),
    ):
        print("working", flush=True)
        await over.wait()
    del monitor, parts, client
    # Without a moment for its threads to finish, the SDK brings the interpreter down at exit (sdk-python #300).
    await asyncio.sleep(0.1)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
