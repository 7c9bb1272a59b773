"""Answers a start form with an unknown workflow type; without this workflow, it would run without an end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from temporalio import workflow
from temporalio.common import RawValue

from workflows.runtime.wrong_inputs import no_such_type


@workflow.defn(dynamic=True)
class UnknownType:
    """Fails at once. Mostly the interceptor of the worker, which knows all types, has done so before."""

    @workflow.run
    async def run(self, given: Sequence[RawValue]) -> NoReturn:
        """Fail with the sentence that the type is unknown."""
        raise no_such_type([])
