"""A command that follows a workflow says what becomes of the workflow when somebody presses Ctrl-C."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest
from temporalio.client import WorkflowExecutionStatus

from tests.cli.conftest import Site
from tests.cli.test_running import ended, started


@pytest.fixture(autouse=True)
def ctrl_c_counts() -> Iterator[None]:
    """A command obeys Ctrl-C, also where the tests run in the background of a shell, which lets its children ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


async def test_after_ctrl_c_the_command_says_that_the_runbook_continues(site: Site) -> None:
    client = await site.server.client()
    given = ["wait-for-health", "-a", "acme.shop", "-i", "component=web", "--by", "ann"]
    with started("runbook", "run", *given) as following:
        assert following.stderr is not None
        first = following.stderr.readline()
        assert following.stderr.readline().startswith("no worker runs")
        _, said = ended(following)

    id = first.removeprefix("started ").partition(":")[0]
    assert following.returncode == 130
    assert said == f"{id} continues: Ctrl-C ended only the command that followed it\n"
    assert (await client.get_workflow_handle(id).describe()).status is WorkflowExecutionStatus.RUNNING
