"""Opening a connection, and closing it."""

from __future__ import annotations

import asyncio

from activities.probes.finding import ProbeFinding, ok
from models.probes import TcpProbe


async def probe_tcp(probe: TcpProbe) -> ProbeFinding:
    """Connect; raises OSError where that is refused."""
    loop = asyncio.get_running_loop()
    # Both address families are tried side by side: a dead IPv6 route must not eat the whole timeout.
    transport, _ = await loop.create_connection(asyncio.Protocol, probe.host, probe.port, happy_eyeballs_delay=0.25)
    transport.abort()  # a reset leaves no TIME_WAIT behind, of which thousands of probes would pile up
    return ok("connected")
