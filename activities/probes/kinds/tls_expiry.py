"""Probes that measure the days until a server's certificate expires."""

from __future__ import annotations

import asyncio
import ssl
from datetime import UTC, datetime
from functools import lru_cache

from cryptography import x509

from activities.probes.finding import ProbeFinding, failed, ok
from activities.probes.kinds import carries_out
from activities.probes.tools import ProbeTools
from models.probes import TlsExpiryProbe


@carries_out(TlsExpiryProbe)
async def carry_out(probe: TlsExpiryProbe, tools: ProbeTools) -> ProbeFinding:
    """Make a TLS handshake and read the expiry. Raises OSError if that is refused.

    Only the expiry is judged. A certificate that is self-signed or for another name gives its days too; for an expired
    one they are negative.
    """
    await tools.find_name(probe.host, probe.timeout)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_connection(
        asyncio.Protocol, probe.host, probe.port, ssl=_lenient(), server_hostname=probe.server_name or probe.host
    )
    try:
        tls: ssl.SSLObject = transport.get_extra_info("ssl_object")
        certificate = tls.getpeercert(binary_form=True)
    finally:
        transport.abort()
    if not certificate:
        return failed("the server shows no certificate")
    try:
        end = x509.load_der_x509_certificate(certificate).not_valid_after_utc
    except ValueError:
        return failed("the server's certificate cannot be read")
    days = (end - datetime.now(UTC)).total_seconds() / 86400
    return ok(f"the certificate {'runs' if days >= 0 else 'ran'} out on {end:%Y-%m-%d}", days)


@lru_cache(1)
def _lenient() -> ssl.SSLContext:
    """Return a TLS context that accepts old protocols and weak keys, so that outdated servers can be measured too."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context
