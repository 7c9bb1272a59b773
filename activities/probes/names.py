"""Checks whether this machine can resolve a target's name, so that a failure of its own name server does not count
against the target.
"""

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
"""Seconds for which a resolved name is not checked again. The connection resolves it by itself."""

_KEPT: Final = 10_000
_SHARE: Final = 0.8
"""The part of a probe's timeout that name resolution may take."""


class Names:
    """Resolves names on threads of its own. Otherwise a dead name server would block the few threads of the event loop."""

    def __init__(self, lookup: Callable[[str, None], object] = socket.getaddrinfo) -> None:
        self._lookup = lookup
        self._threads = ThreadPoolExecutor(16, thread_name_prefix="names")
        self._found: dict[str, float] = {}

    async def find(self, host: str, seconds: float) -> None:
        """Return when the name is resolved. Raises `socket.gaierror`, or `ProbeError` if no answer comes in time."""
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
            raise ProbeError("the host is not a valid host name") from None
        if len(self._found) >= _KEPT:
            self._found.clear()
        self._found[host] = time.monotonic() + _TRUSTED_FOR

    def close(self) -> None:
        """Release the threads. A name resolution in progress ends by the resolver's own timeout."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
