"""The page of a workflow in the Temporal UI, rendered once for each activation, however much the activation changes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from temporalio import workflow


class Details:
    """Renders the page of one workflow.

    A page that is rendered for each of 200 alarms in one activation costs 200 times as much as the one page that is read.
    Rendering makes no command, so the history and its replay do not depend on it.
    """

    def __init__(self, render: Callable[[], str]) -> None:
        self._render = render
        self._due = False

    def changed(self) -> None:
        """Render the page after everything that is ready to run in this activation has run."""
        if not self._due:
            self._due = True
            asyncio.get_running_loop().call_soon(self._write)

    def _write(self) -> None:
        self._due = False
        workflow.set_current_details(self._render())
