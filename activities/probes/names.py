"""Whether this machine can resolve a target's name, so that its own name server's silence is not taken for the target's."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from models.errors import ProbeError

_TRUSTED_FOR: Final = 30.0
"""Seconds for which a name that was found is not looked up here again; its connection looks it up by itself."""

_KEPT: Final = 10_000
_SHARE: Final = 0.8
"""Of a probe's timeout, for looking up the name."""


class Names:
    """Looks names up on threads of its own: a dead name server would stop the event loop's few for everybody."""

    def __init__(self, lookup: Callable[[str, None], object] = socket.getaddrinfo) -> None:
        self._lookup = lookup
        self._threads = ThreadPoolExecutor(16, thread_name_prefix="names")
        self._found: dict[str, float] = {}

    async def find(self, host: str, seconds: float) -> None:
        """Return once the name is found; raises `socket.gaierror`, or `ProbeError` when no answer comes in time."""
        if self._found.get(host, 0.0) > time.monotonic() or _is_address(host):
            return
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(seconds * _SHARE):
                await loop.run_in_executor(self._threads, self._lookup, host, None)
        except TimeoutError:
            raise ProbeError(
                "the host name could not be resolved: this machine's name server does not answer"
            ) from None
        except (UnicodeError, ValueError):
            raise ProbeError("the host is no host name") from None
        if len(self._found) >= _KEPT:
            self._found.clear()
        self._found[host] = time.monotonic() + _TRUSTED_FOR

    def close(self) -> None:
        """Let the threads go; a look-up under way ends by the resolver's own timeout."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
