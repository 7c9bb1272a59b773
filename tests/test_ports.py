"""Ports that tests give to servers are given once, also to processes that run at the same time."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests import ports


class _OnePort:
    """Draws one port until it is refused, then another."""

    def __init__(self, first: int, then: int) -> None:
        self._next = iter([first, then])

    def randrange(self, _first: int, _end: int) -> int:
        return next(self._next)


def test_a_port_that_another_process_of_tests_has_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    code = "from tests.ports import free_port; print(free_port(), flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        theirs = int(other.stdout.readline())
        ours = ports.free_port()
        monkeypatch.setattr(ports, "_random", _OnePort(theirs, free := _unused()))
        given = ports.free_port()
        other.communicate("\n")
    assert theirs != ours
    assert given == free


def test_a_port_is_not_given_twice_in_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    before = ports.free_port()
    monkeypatch.setattr(ports, "_random", _OnePort(before, free := _unused()))
    assert ports.free_port() == free


def _unused() -> int:
    """A port that is free and not given to this process yet."""
    port = ports.free_port()
    ports._given.discard(port)
    return port
