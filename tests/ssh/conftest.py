from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from activities.ssh import Pool
from tests.hosts import Host, SshHost, end_all_with
from tests.ssh.kinds import BOTH
from tests.ssh.remote import SHELLS, Far


@pytest.fixture(scope="package", params=BOTH)
def host(request: pytest.FixtureRequest) -> Iterator[Host]:
    """A host that stands for the whole package's run: tests on it use job ids and components of their own."""
    with request.param() as host:
        yield host


@pytest.fixture
def openssh() -> Iterator[SshHost]:
    """A real host of one's own, to do violence to."""
    with SshHost() as host:
        yield host


@pytest.fixture
def pool() -> Iterator[Pool]:
    pool = Pool(connect_timeout=5)
    yield pool
    pool.close()


@pytest.fixture(params=SHELLS)
def far(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Far]:
    """The scripts under one shell after the other; what they leave running is ended."""
    far = Far.at(request.param, tmp_path)
    yield far
    end_all_with(f"PATH={far.bin}:")
