"""What a page says of something that was sent to its workflow and not taken, where the sender hears no answer."""

from __future__ import annotations

from datetime import datetime, timedelta

from temporalio import workflow

from workflows.runtime.markdown import linked

_SHOWN_FOR = timedelta(hours=1)
"""Whoever sent it looks at the page at once; later the notice would only puzzle the next one."""


class Refusals:
    """The latest notice of a page. It goes away when something is taken, and after an hour."""

    def __init__(self) -> None:
        self._said: tuple[str, datetime] | None = None

    def say(self, what: str) -> None:
        """Show a notice instead of the one before."""
        self._said = (what, workflow.now())

    def forget(self) -> None:
        """Take the notice away: what somebody sent was taken."""
        self._said = None

    def markdown(self) -> str:
        """The notice, with its time; empty where there is none."""
        if self._said is None or workflow.now() - self._said[1] >= _SHOWN_FOR:
            return ""
        return f"Last notice ({self._said[1]:%H:%M} UTC): " + linked(self._said[0], 1000)
