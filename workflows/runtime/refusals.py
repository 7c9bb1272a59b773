"""Refused signals, which the page of a workflow shows because the sender of a signal gets no answer."""

from __future__ import annotations

from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from models.errors import DriftvaktError
from workflows.runtime.markdown import linked

_SHOWN_FOR = timedelta(hours=1)
"""The sender reads the page at once; later, the notice would puzzle other readers."""


def refusal(sentence: str, error: type[DriftvaktError] | str) -> ApplicationError:
    """The error by which a handler or a step refuses, without a retry. `error` is a class or a constant of `models.errors`."""
    return ApplicationError(sentence, type=error if isinstance(error, str) else error.__name__, non_retryable=True)


class Refusals:
    """The latest refusal on a page. The next accepted signal removes it, and so does an hour."""

    def __init__(self) -> None:
        self._shown: tuple[str, datetime] | None = None

    def show(self, notice: str) -> None:
        """Show a notice in place of the one before."""
        self._shown = (notice, workflow.now())

    def remove(self) -> None:
        """Remove the notice: a later signal was accepted."""
        self._shown = None

    def markdown(self) -> str:
        """The notice with its time; empty without one."""
        if self._shown is None or workflow.now() - self._shown[1] >= _SHOWN_FOR:
            return ""
        return f"Last notice ({self._shown[1]:%H:%M} UTC): " + linked(self._shown[0], 1000)
