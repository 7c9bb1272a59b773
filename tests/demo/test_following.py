"""Following an incident from the moment in which its watch names it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from temporalio.service import RPCError, RPCStatusCode

from models.incident import IncidentStatus
from starter.demo.following import follow


class StartsLate:
    """The handle of a workflow that Temporal starts only after it was asked for the first time."""

    def __init__(self) -> None:
        self.asked = 0

    async def result(self) -> str:
        self.asked += 1
        if self.asked == 1:
            raise RPCError("workflow not found", RPCStatusCode.NOT_FOUND, b"")
        return "recovered"

    async def query(self, name: str, *, result_type: type[Any], rpc_timeout: timedelta) -> Any:
        raise RPCError("workflow not found", RPCStatusCode.NOT_FOUND, b"")


async def test_an_incident_that_its_watch_named_before_it_was_started_is_followed_to_its_end() -> None:
    handle: Any = StartsLate()
    listener: Any = None  # nothing is shown before the workflow answers

    assert await follow(handle, listener, IncidentStatus) == "recovered"
    assert handle.asked == 2
