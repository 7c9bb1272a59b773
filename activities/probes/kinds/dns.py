"""Probes that resolve a name."""

from __future__ import annotations

import ipaddress

import dns.asyncresolver
import dns.exception
import dns.nameserver
import dns.rdata
import dns.resolver

from activities.probes.finding import ProbeFinding, failed, ok
from activities.probes.kinds import carries_out
from activities.probes.tools import ProbeTools
from models.base import counted
from models.errors import ProbeError
from models.probes import DnsProbe


@carries_out(DnsProbe)
async def carry_out(probe: DnsProbe, tools: ProbeTools) -> ProbeFinding:
    """Resolve the name and compare the answers with the expected ones. Raises OSError if the server refuses."""
    resolver = _resolver(probe)
    try:
        answer = await resolver.resolve(probe.name, probe.record)
    except dns.resolver.NXDOMAIN:
        return failed("the name does not exist")
    except dns.resolver.NoAnswer:
        return failed(f"the name has no {probe.record} record")
    except (dns.resolver.NoNameservers, dns.exception.Timeout):
        silence = failed("the name server does not answer, or refuses to")
        return silence if probe.server else silence.as_no_data()  # the machine's own server is not the target
    except dns.exception.DNSException:  # the remaining errors: invalid names (too long, empty label)
        raise ProbeError("the name to resolve is not a DNS name") from None
    found = [_spellings(record) for record in answer]
    missing = [e for e in probe.expect if not any(_plain(e) in spellings for spellings in found)]
    if missing:
        return failed(f"{counted(len(found), 'answer')}, but not {', '.join(missing[:3])}"[:200])
    return ok(counted(len(found), "answer"), float(len(found)))


def _resolver(probe: DnsProbe) -> dns.asyncresolver.Resolver:
    if probe.server is None:
        try:
            resolver = dns.asyncresolver.Resolver()
        except dns.resolver.NoResolverConfiguration:
            raise ProbeError("this machine has no name server configured") from None
    else:
        resolver = dns.asyncresolver.Resolver(configure=False)
        address, port = _server(probe.server)
        resolver.nameservers = [dns.nameserver.Do53Nameserver(address, port)]
    resolver.lifetime = probe.timeout.total_seconds()
    return resolver


def _server(text: str) -> tuple[str, int]:
    """Parse `192.0.2.1`, `192.0.2.1:5353`, `2001:db8::1` or `[2001:db8::1]:5353`."""
    host, port = text, "53"
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        port = rest.removeprefix(":") or "53"
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
    try:
        address = str(ipaddress.ip_address(host))
    except ValueError:
        raise ProbeError("the name server is given as ADDRESS or ADDRESS:PORT, by IP address") from None
    if not (port.isascii() and port.isdigit() and 1 <= int(port) <= 65535):
        raise ProbeError("the name server's port is a number from 1 to 65535")
    return address, int(port)


def _spellings(record: dns.rdata.Rdata) -> set[str]:
    """Return the forms in which an answer may be expected: an MX with or without its preference, a TXT without its quotes."""
    text = _plain(record.to_text())
    spellings = {text, text.split(" ")[-1]}
    strings = getattr(record, "strings", None)
    if strings is not None:
        spellings = {_plain(b"".join(strings).decode(errors="replace")), text}
    return spellings


def _plain(text: str) -> str:
    return text.lower().removesuffix(".")
