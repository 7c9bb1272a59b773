"""Histories of released versions replay: what runs at an upgrade goes on."""

from __future__ import annotations

import gc
import json
from pathlib import Path
from typing import Any

import pytest
from temporalio import workflow
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from models.converter import data_converter
from runbooks import find_runbooks
from worker import WORKFLOWS
from workflows.sandbox import workflow_runner

RECORDED = sorted(Path(__file__).parent.glob("*/*.json"))
CLASSES = {
    str(workflow._Definition.must_from_class(found).name): found
    for found in [*WORKFLOWS, *(r.workflow_class for r in find_runbooks().values())]
}


def _started(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text())["events"][0]["workflowExecutionStartedEventAttributes"])


def _type(path: Path) -> str:
    return str(_started(path)["workflowType"]["name"])


@pytest.mark.parametrize("path", RECORDED, ids=lambda p: f"{p.parent.name}/{p.stem}")
async def test_a_recorded_history_replays(path: Path) -> None:
    replayer = Replayer(
        workflows=list(CLASSES.values()), workflow_runner=workflow_runner(), data_converter=data_converter
    )
    history = WorkflowHistory.from_json(_started(path)["workflowId"], path.read_text())
    await replayer.replay_workflow(history)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("name", sorted({_type(path) for path in RECORDED}))
async def test_the_recorded_histories_of_a_workflow_replay_in_the_sandbox_of_the_sdk_as_it_is(name: str) -> None:
    """Nothing passes through beyond what the SDK lets pass; the one class alone, for each is loaded with all that it imports."""
    replayer = Replayer(
        workflows=[CLASSES[name]], workflow_runner=SandboxedWorkflowRunner(), data_converter=data_converter
    )
    for path in RECORDED:
        if _type(path) == name:
            await replayer.replay_workflow(WorkflowHistory.from_json(_started(path)["workflowId"], path.read_text()))
    # A module that is loaded anew for each workflow may leave a file for the garbage collection to close: not in another test.
    gc.collect()


def test_every_workflow_has_a_recorded_history() -> None:
    assert set(CLASSES) - {_type(path) for path in RECORDED} == set()


async def test_a_history_that_does_not_fit_is_noticed() -> None:
    """The check itself can fail."""
    path = next(p for p in RECORDED if p.stem == "incident-healed")
    changed = path.read_text().replace('"watch_health"', '"another_activity"')
    replayer = Replayer(
        workflows=list(CLASSES.values()), workflow_runner=workflow_runner(), data_converter=data_converter
    )
    with pytest.raises(Exception, match=r"(?i)nondeterminism"):
        await replayer.replay_workflow(WorkflowHistory.from_json(_started(path)["workflowId"], changed))
