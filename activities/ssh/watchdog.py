"""A thread for each pool that bounds paramiko's unbounded waits, and closes idle connections."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from activities.ssh.deadline import Deadline

_TICK = 0.2
_STEP = 0.6
"""Seconds after the deadline before the first measure, and between measures."""


@dataclass
class Watched:
    """A bounded wait: its deadline may be moved, and its measures are taken in order while it lasts."""

    deadline: Deadline
    measures: Sequence[Callable[[], None]]
    taken: int = field(default=0)


class Watchdog:
    """Bounds blocking calls by closing what they wait for; also calls `tidy` every `tidy_every` seconds."""

    def __init__(self, tidy: Callable[[], None], tidy_every: float) -> None:
        self._tidy = tidy
        self._tidy_every = tidy_every
        self._watched: dict[int, Watched] = {}
        self._numbers = itertools.count()
        self._wake = threading.Condition()
        self._closed = False
        self._thread: threading.Thread | None = None

    @contextmanager
    def over(self, deadline: Deadline, measures: Sequence[Callable[[], None]]) -> Iterator[Watched]:
        """Take the measures if the block is still running after its deadline."""
        watched = Watched(deadline, measures)
        number = next(self._numbers)
        with self._wake:
            self._start()
            if not self._watched:
                self._wake.notify()
            self._watched[number] = watched
        try:
            yield watched
        finally:
            with self._wake:
                del self._watched[number]

    def close(self) -> None:
        """Stop the thread."""
        with self._wake:
            self._closed = True
            self._wake.notify()
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.join(5)

    def _start(self) -> None:
        if self._thread is None and not self._closed:
            self._thread = threading.Thread(target=self._run, name="ssh-watchdog", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        tidied = time.monotonic()
        while True:
            with self._wake:
                if self._over():
                    return
                self._wake.wait(_TICK if self._watched else self._tidy_every)
                if self._over():
                    return
                due = [m for w in self._watched.values() for m in self._due(w)]
            for measure in due:
                measure()
            if time.monotonic() - tidied >= self._tidy_every:
                self._tidy()
                tidied = time.monotonic()

    def _over(self) -> bool:
        return self._closed

    @staticmethod
    def _due(watched: Watched) -> list[Callable[[], None]]:
        late = time.monotonic() - watched.deadline.at
        if watched.taken < len(watched.measures) and late > _STEP * (watched.taken + 1):
            watched.taken += 1
            return [watched.measures[watched.taken - 1]]
        return []
