"""The worker that serves workflows and activities, and how it ends."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import Any, Final

from temporalio.worker import Worker

log = logging.getLogger("driftvakt.worker")

GRACE: Final = timedelta(seconds=10)
"""What an activity is given to come to a good end when the worker stops; a remote job goes on without us anyway."""

SHUTDOWN_WITHIN: Final = GRACE + timedelta(seconds=8)
"""How long the end of a worker may take; `driftvakt up` kills it two seconds later."""


class BoundedWorker(Worker):
    """A worker whose shutdown always ends.

    Now and then the SDK's core never comes back from the last step of a shutdown, after all tasks have ended (docs/adr/0027).
    The process would go on for ever without doing anything, so after `SHUTDOWN_WITHIN` it gives up waiting.
    """

    _serving: asyncio.Task[Any] | None = None

    async def run(self) -> None:
        """Serve until shut down."""
        self._serving = asyncio.current_task()
        await super().run()

    async def shutdown(self) -> None:
        """Let what runs come to an end, and wait for it as long as it may take at most."""
        ending = asyncio.create_task(super().shutdown())
        await asyncio.wait({ending}, timeout=SHUTDOWN_WITHIN.total_seconds())
        if not ending.done() and self._serving is not None:
            log.warning(
                "the worker of %s did not end within %s; not waited for any longer", self.task_queue, SHUTDOWN_WITHIN
            )
            self._serving.cancel()
        await ending
