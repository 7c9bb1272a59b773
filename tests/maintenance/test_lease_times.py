"""The record of a run says when it held its lease, and since when the customer knew of it."""

from __future__ import annotations

from datetime import timedelta

from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from models.lease import LEASES, LeaseTime
from models.operation import OperationEnd
from tests.fakes import FakeHosts
from tests.maintenance.scene import IN_FORCE, OneDossier, dossier, hosts, night, order, scheduled, started
from tests.maintenance.test_giving_way import given_back, wanted
from tests.maintenance.test_rolling import answered, breaks, heals, records
from tests.workflows.waiting import until_asked

HOUR = timedelta(hours=1)


def lease_times(fakes: FakeHosts) -> list[LeaseTime]:
    """Those of the last record."""
    [last] = fakes.records[-1].operations
    return [LeaseTime.model_validate(one) for one in last.data.get(LEASES, [])]


async def test_a_scheduled_run_was_announced_by_the_dossier_until_its_window_closes(
    skipping: WorkflowEnvironment,
) -> None:
    fakes = hosts()
    at = await night(skipping)

    async with started(skipping.client, fakes, OneDossier(dossier()), scheduled(at)) as handle:
        outcome = await handle.result()

    assert outcome.end is OperationEnd.DONE
    [held] = lease_times(fakes)
    assert at <= held.since
    assert held.until is not None
    assert held.since < held.until <= outcome.closed_at
    assert (held.announced_at, held.announced_until) == (IN_FORCE, at + 2 * HOUR)
    assert held.components.names == fakes.leases[0].components.names


async def test_a_run_that_somebody_starts_by_hand_was_never_announced_and_a_hand_over_is_no_lease_time(
    client: Client,
) -> None:
    fakes = hosts()
    breaks(fakes, "web", "app")

    async with started(client, fakes, records(at_once=5), order()) as handle:
        await until_asked(handle, "stop")
        await wanted(handle)
        await given_back(fakes)
        heals(fakes)
        await answered(handle, "go-on")

    first, second = lease_times(fakes)
    assert first.until is not None
    assert first.since < first.until < second.since
    assert second.until is not None
    assert {(one.announced_at, one.announced_until) for one in (first, second)} == {(None, None)}


async def test_a_rehearsal_holds_no_lease(client: Client) -> None:
    fakes = hosts()

    async with started(client, fakes, records(at_once=5), order(rehearse=True)) as handle:
        await handle.result()

    assert lease_times(fakes) == []
