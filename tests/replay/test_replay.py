"""Histories of released versions replay: what runs at an upgrade goes on."""

from __future__ import annotations

import gc
import json
from collections.abc import AsyncIterator
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
from workflows.runtime.sandbox import workflow_runner

RECORDED = sorted(Path(__file__).parent.glob("*/*.json"))
CLASSES = {
    str(workflow._Definition.must_from_class(found).name): found
    for found in [*WORKFLOWS, *(r.workflow_class for r in find_runbooks().values())]
}


def _started(text: str) -> dict[str, Any]:
    return dict(json.loads(text)["events"][0]["workflowExecutionStartedEventAttributes"])


def _type(path: Path) -> str:
    return str(_started(path.read_text())["workflowType"]["name"])


NAMES = sorted({_type(path) for path in RECORDED})


def _recorded(name: str) -> dict[str, str]:
    """File and text of each recorded history of a workflow."""
    return {path.stem: path.read_text() for path in RECORDED if _type(path) == name}


async def _failures(name: str, texts: dict[str, str], runner: SandboxedWorkflowRunner) -> dict[str, str]:
    """Replay histories of one workflow; file and failure of each that does not fit.

    One call of the replayer for all: each call loads its workflow once more.
    """

    async def histories() -> AsyncIterator[WorkflowHistory]:
        for text in texts.values():
            yield WorkflowHistory.from_json(_started(text)["workflowId"], text)

    replayer = Replayer(workflows=[CLASSES[name]], workflow_runner=runner, data_converter=data_converter)
    async with replayer.workflow_replay_iterator(histories()) as results:
        ends = [result.replay_failure async for result in results]
    return {stem: repr(failure) for stem, failure in zip(texts, ends, strict=True) if failure}


@pytest.mark.parametrize("name", NAMES)
async def test_the_recorded_histories_of_a_workflow_replay(name: str) -> None:
    assert await _failures(name, _recorded(name), workflow_runner()) == {}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("name", NAMES)
async def test_the_recorded_histories_of_a_workflow_replay_in_the_sandbox_of_the_sdk_as_it_is(name: str) -> None:
    """Nothing passes through beyond what the SDK lets pass; the one class alone, for each is loaded with all that it imports."""
    assert await _failures(name, _recorded(name), SandboxedWorkflowRunner()) == {}
    # A module that is loaded anew for each workflow may leave a file for the garbage collection to close: not in another test.
    gc.collect()


def test_every_workflow_has_a_recorded_history() -> None:
    missing = set(CLASSES) - {_type(path) for path in RECORDED}
    assert missing == set(), f"add {missing} to tests/replay/record.py, and run `python -m tests.replay.record`"


async def test_a_history_that_does_not_fit_is_noticed() -> None:
    """The check itself can fail."""
    text = _recorded("incident")["incident-recovered"]
    changed = text.replace('"watch_health"', '"another_activity"')
    failures = await _failures("incident", {"changed": changed, "recorded": text}, workflow_runner())
    assert list(failures) == ["changed"]
    assert "nondeterminism" in failures["changed"].lower()
