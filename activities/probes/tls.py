"""Days until a served certificate runs out."""

from __future__ import annotations

import asyncio
import ssl
from datetime import UTC, datetime
from functools import lru_cache

from cryptography import x509

from activities.probes.finding import ProbeFinding, failed, ok
from models.probes import TlsExpiryProbe


async def probe_tls_expiry(probe: TlsExpiryProbe) -> ProbeFinding:
    """Shake hands and read the certificate's end; raises OSError where that is refused.

    Nothing but the expiry is judged: a certificate that is self-signed, expired or for another name has its days, too,
    negative once it has run out.
    """
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
    """Accepts old protocols and weak keys as well: an outdated server's certificate runs out like any other."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context
