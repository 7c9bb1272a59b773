"""The sign of life of whoever waits, and how it learns that it should stop."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum


class Stop(StrEnum):
    """Why waiting ends early."""

    CANCEL = "cancel"
    """Somebody cancelled: the remote command is to be ended."""
    LEAVE = "leave"
    """This worker stops, or has been replaced: the remote command goes on and is followed by another."""


class Interrupted(Exception):  # noqa: N818 -- it is no error
    """Raised by a pulse."""

    def __init__(self, stop: Stop) -> None:
        super().__init__(stop.value)
        self.stop = stop


Pulse = Callable[[], None]
"""Called at least once a second while something is waited for; heartbeats; raises `Interrupted`."""


def no_pulse() -> None:
    """Wait without telling anybody."""


Allow = Callable[[str], None]
"""Called with the application just before something is begun on one of its hosts; raises `HaltedError` while that is halted."""


def always(application: str) -> None:
    """Let everything begin."""
