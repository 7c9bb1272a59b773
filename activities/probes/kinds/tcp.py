"""Probes that open a TCP connection and close it."""

from __future__ import annotations

import asyncio

from activities.probes.finding import ProbeFinding, ok
from activities.probes.kinds import carries_out
from activities.probes.tools import ProbeTools
from models.probes import TcpProbe


@carries_out(TcpProbe)
async def carry_out(probe: TcpProbe, tools: ProbeTools) -> ProbeFinding:
    """Open a connection. Raises OSError if that is refused."""
    await tools.find_name(probe.host, probe.timeout)
    loop = asyncio.get_running_loop()
    # Both address families are tried side by side: a dead IPv6 route must not eat the whole timeout.
    transport, _ = await loop.create_connection(asyncio.Protocol, probe.host, probe.port, happy_eyeballs_delay=0.25)
    transport.abort()  # a reset leaves no TIME_WAIT behind; thousands of probes would leave thousands of them
    return ok("connected")
