"""The worker for workflows and activities, and its shutdown."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import Any, Final

from temporalio.worker import Worker

log = logging.getLogger("driftvakt.worker")

GRACE: Final = timedelta(seconds=10)
"""Time for an activity to end when its worker stops; a remote job goes on without the worker."""

SHUTDOWN_WITHIN: Final = GRACE + timedelta(seconds=8)
"""How long the end of a worker may take; `driftvakt up` kills it two seconds later."""


class BoundedWorker(Worker):
    """A worker whose shutdown always ends.

    Now and then the last step of a shutdown in the SDK's core never returns, after all tasks have ended (docs/adr/0027). The
    process would stay without any work, so the worker stops waiting after `SHUTDOWN_WITHIN`.
    """

    _serving: asyncio.Task[Any] | None = None

    async def run(self) -> None:
        """Serve until shut down."""
        self._serving = asyncio.current_task()
        await super().run()

    async def shutdown(self) -> None:
        """Let running tasks end, and wait for them at most `SHUTDOWN_WITHIN`."""
        ending = asyncio.create_task(super().shutdown())
        await asyncio.wait({ending}, timeout=SHUTDOWN_WITHIN.total_seconds())
        if not ending.done() and self._serving is not None:
            log.warning(
                "the worker of %s did not end within %s; shutting down without it", self.task_queue, SHUTDOWN_WITHIN
            )
            self._serving.cancel()
        await ending
