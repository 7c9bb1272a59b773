"""Benchmark: a restore of a database of 1 GB as an operation, beside pg_restore alone; how often it said how far it had come."""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path
from typing import Final

from models.operation import OperationEnd
from models.restores import RestoreProof
from tests.bench.figures import Figure, Goal
from tests.bench.sizes import size
from tests.conftest import present
from tests.hosts import SshHost
from tests.restoring.cluster import Cluster
from tests.restoring.site import OWNER, answer, site, status_of
from tests.servers import real_server
from tests.workflows.waiting import until_asked

_MEGABYTES: Final = size(__name__, "megabytes", 720, 4)
"""Of text; with what TOAST adds, the database has a gigabyte in the full size."""
TARGETS: Final = (
    "restore, beside pg_restore <= 2 x ceiling",
    "progress reports >= 2",
)

_PART: Final = 2.0
"""So many times pg_restore alone; the queries, the stops and starts and the renaming included."""


def run() -> list[Figure]:
    """Measure."""
    if lacking := [part for part in ("openssh", "postgresql") if not present(part)]:
        return [Figure(f"not measured: {' and '.join(lacking)} not installed", 0, "")]
    with Cluster() as cluster, tempfile.TemporaryDirectory() as home, SshHost() as host:
        cluster.sql("create database shop; create database bare")
        cluster.sql("create table orders as select n as id from generate_series(1, 1000) n", "shop")
        cluster.fill("shop", megabytes=_MEGABYTES)
        size = int(cluster.sql("select pg_database_size('shop')"))
        cluster.run(
            "pg_dump", "--format=custom", "--compress=1", f"--file={cluster.dumps}/shop.dump", "shop", limit=600
        )
        began = time.perf_counter()
        cluster.run("pg_restore", "--jobs=2", "--dbname=bare", f"{cluster.dumps}/shop.dump", limit=600)
        bare = time.perf_counter() - began
        cluster.sql("drop database bare")
        proof, said = asyncio.run(_restored(host, cluster, Path(home)))
    assert proof.took is not None
    return [
        Figure("size of the restored database", size / 1e9, "GB"),
        Figure(
            "restore as an operation, from the start of the restore to its proof",
            proof.took.total_seconds(),
            "s",
            bare,
            "pg_restore alone",
            Goal(_PART, of_ceiling=True),
        ),
        Figure("  progress reports", said, "", goal=Goal(2, at_most=False)),
    ]


async def _restored(host: SshHost, cluster: Cluster, home: Path) -> tuple[RestoreProof, int]:
    said: set[str] = set()
    with real_server(home / "temporal") as server:
        async with site(server, host, cluster, home / "dossiers") as shop:
            handle = await shop.restore()
            await answer(handle, await until_asked(handle, "approve"), "approve", OWNER)
            ending = asyncio.ensure_future(handle.result())
            while not ending.done():
                said.add((await status_of(handle)).progress)
                await asyncio.sleep(0.5)
            outcome = await ending
    if outcome.end is not OperationEnd.DONE:
        raise RuntimeError(outcome.summary)
    return RestoreProof.model_validate(outcome.data["proof"]), len(said - {""})
