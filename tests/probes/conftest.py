"""What the tests of the probes share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest

from activities.probes.runner import ProbeRunner
from models.probe_kinds import Probe
from models.probes import ProbeTarget, Sample
from tests.ports import free_port
from tests.postgres import postgres

__all__ = ["postgres"]


def target(probe: Probe, name: str = "point") -> ProbeTarget:
    """A measuring point of the tests."""
    return ProbeTarget(point=f"acme.shop.{name}", probe=probe)


@pytest.fixture
async def checks() -> AsyncIterator[ProbeRunner]:
    made = ProbeRunner()
    yield made
    await made.close()


@pytest.fixture
def see(checks: ProbeRunner) -> Callable[[Probe], object]:
    """Look once at a probe through `probe_all`, as everybody does."""

    async def once(probe: Probe) -> Sample:
        [sample] = await checks.probe_all([target(probe)], 1)
        return sample

    return once


@pytest.fixture
def closed_port() -> int:
    """A port on which nobody listens."""
    return free_port()
