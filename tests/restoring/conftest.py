from __future__ import annotations

from collections.abc import Iterator

import pytest

from activities.ssh import Pool
from tests.hosts import SshHost
from tests.restoring.cluster import Cluster
from tests.restoring.far import FarHost


@pytest.fixture(scope="package")
def far() -> Iterator[FarHost]:
    """A real host, one for all."""
    pool = Pool(connect_timeout=5)
    with SshHost() as host:
        yield FarHost(host, pool)
        pool.close()


@pytest.fixture(scope="package")
def cluster() -> Iterator[Cluster]:
    """A cluster for databases of one's own."""
    with Cluster() as cluster:
        yield cluster
