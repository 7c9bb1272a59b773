"""Records an order that is carried out, and one that is wrong; `python -m tests.replay.routines` records these alone."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from pathlib import Path

from temporalio.client import WorkflowFailureError

from tests.e2e.test_routine import installation, order
from tests.replay.keeping import keep


async def main() -> None:
    """Record them, on an installation of its own."""
    with tempfile.TemporaryDirectory() as home:
        async with installation(Path(home), lead_time="1s") as (client, _, _):
            done = await order(client, "done")
            await done.result()
            await keep(done, "routine")
            wrong = await order(client, "wrong", inputs={})
            with contextlib.suppress(WorkflowFailureError):
                await wrong.result()
            await keep(wrong, "routine-wrong")
        await asyncio.sleep(0.05)


if __name__ == "__main__":
    asyncio.run(main())
