"""What is started under a name that no workflow has: a form that is answered, instead of one that runs for ever."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from temporalio import workflow
from temporalio.common import RawValue

from workflows.runtime.wrong_inputs import no_such_type


@workflow.defn(dynamic=True)
class UnknownType:
    """Ends at once; the interceptor of the worker, which knows all types, has mostly said so before."""

    @workflow.run
    async def run(self, given: Sequence[RawValue]) -> NoReturn:
        """Say that there is no such type."""
        raise no_such_type([])
