"""What was local is told to a workflow first, as a replay tells it, whatever else has happened when the worker gets to it."""

from __future__ import annotations

from typing import Any

import pytest
from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.worker import WorkflowInstance

from workflows.ordering import LocalFirst


class Told(WorkflowInstance):
    """A workflow that only notes what it is told, and answers each activation with a timer and a flag."""

    def __init__(self, fails_at: int = 0) -> None:
        self.activations: list[list[int]] = []
        self.fails_at = fails_at

    def activate(self, act: Any) -> Any:
        self.activations.append([job.resolve_activity.seq for job in act.jobs])
        assert (act.run_id, act.history_length) == ("run", 38)
        completion = WorkflowActivationCompletion()
        if len(self.activations) == self.fails_at:
            completion.failed.failure.message = "no"
        else:
            completion.successful.commands.add().start_timer.seq = len(self.activations)
            completion.successful.used_internal_flags.append(len(self.activations))
        return completion

    def get_serialization_context(self, command_info: Any) -> Any: ...

    def get_external_store_context(self, command_info: Any) -> Any: ...

    def get_info(self) -> Any: ...


def happened(*results: tuple[int, bool]) -> Any:
    act = WorkflowActivation(run_id="run", history_length=38)
    for number, local in results:
        job = act.jobs.add().resolve_activity
        job.seq, job.is_local = number, local
    return act


def test_what_was_local_is_told_first_and_the_answers_are_one() -> None:
    told = Told()
    answer = LocalFirst(told).activate(happened((7, False), (8, True), (5, False), (9, True)))
    assert told.activations == [[8, 9], [7, 5]]
    assert [c.start_timer.seq for c in answer.successful.commands] == [1, 2]
    assert list(answer.successful.used_internal_flags) == [1, 2]


@pytest.mark.parametrize("results", [[(7, False), (5, False)], [(8, True), (9, True)], []])
def test_what_is_of_one_kind_is_told_at_once(results: list[tuple[int, bool]]) -> None:
    told = Told()
    LocalFirst(told).activate(happened(*results))
    assert told.activations == [[number for number, _ in results]]


@pytest.mark.parametrize("fails_at", [1, 2])
def test_a_failure_of_either_is_the_answer(fails_at: int) -> None:
    told = Told(fails_at)
    answer = LocalFirst(told).activate(happened((7, False), (8, True)))
    assert answer.failed.failure.message == "no"
    assert len(answer.successful.commands) == 0
    assert len(told.activations) == fails_at
