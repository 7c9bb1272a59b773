"""The heartbeat of a waiting thread, which also learns that the thread should stop."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum


class Stop(StrEnum):
    """The reason for an early end of a wait."""

    CANCEL = "cancel"
    """The activity was cancelled: the remote command must be stopped."""
    LEAVE = "leave"
    """This worker stops, or was replaced: the remote command continues, and another worker follows it."""


class Interrupted(Exception):  # noqa: N818 -- it is no error
    """Raised by a pulse."""

    def __init__(self, stop: Stop) -> None:
        super().__init__(stop.value)
        self.stop = stop


Pulse = Callable[[], None]
"""Called at least once a second during a wait; it heartbeats, and raises `Interrupted`."""


def no_pulse() -> None:
    """A pulse without a heartbeat."""


Allow = Callable[[str], None]
"""Called with the application before a command starts on one of its hosts; raises `HaltedError` during a halt."""


def always(application: str) -> None:
    """Allow every command."""
