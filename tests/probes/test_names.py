from __future__ import annotations

import socket
import threading

import pytest

from activities.probes.finding import from_error
from activities.probes.names import Names
from models.errors import ProbeError
from models.probes import Seen


async def test_a_silent_name_server_of_our_own_is_no_data_for_the_target() -> None:
    released = threading.Event()
    names = Names(lambda host, port: released.wait(30))

    with pytest.raises(ProbeError, match="name server does not answer"):
        await names.find("shop.example", 0.1)

    released.set()
    names.close()


async def test_a_name_is_looked_up_once_in_a_while_and_an_address_never() -> None:
    asked: list[str] = []
    names = Names(lambda host, port: asked.append(host))
    for host in ("shop.example", "192.0.2.1", "::1", "shop.example"):
        await names.find(host, 5)
    names.close()

    assert asked == ["shop.example"]


@pytest.mark.parametrize(
    ("code", "seen"),
    [(socket.EAI_NONAME, Seen.FAILED), (socket.EAI_AGAIN, Seen.NO_DATA), (socket.EAI_FAIL, Seen.NO_DATA)],
)
def test_a_name_that_does_not_exist_is_the_targets_fault_and_no_answer_is_ours(code: int, seen: Seen) -> None:
    error = OSError("connecting failed")
    error.__cause__ = socket.gaierror(code, "x")

    assert from_error(error).seen is seen
