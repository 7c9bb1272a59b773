"""Small real servers on loopback for the probes to look at."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Server:
    """A running server and what it saw."""

    port: int
    connections: int = 0
    open: int = 0
    most_open: int = 0
    requests: list[str] = field(default_factory=list)
    """Heads of the HTTP requests."""

    def url(self, path: str = "/", scheme: str = "http") -> str:
        return f"{scheme}://127.0.0.1:{self.port}{path}"


@asynccontextmanager
async def serving(handler: Handler, tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    """Run a handler for each connection; at the end all of them are ended."""
    tasks: set[asyncio.Task[None]] = set()
    state = Server(0)

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        state.connections += 1
        state.open += 1
        state.most_open = max(state.most_open, state.open)
        try:
            await handler(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            state.open -= 1
            writer.transport.abort()
            tasks.discard(task)

    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=tls)
    state.port = server.sockets[0].getsockname()[1]
    try:
        yield state
    finally:
        server.close()
        for _ in range(5):
            await asyncio.sleep(0)  # lets the handlers of connections begin that were accepted in the last moment
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


Answers = Callable[[str], bytes | Awaitable[bytes]]
"""From the head of a request to the bytes of its answer."""


@asynccontextmanager
async def http_server(
    answers: Answers, tls: ssl.SSLContext | None = None, close_after: bool = False
) -> AsyncIterator[Server]:
    """Answer HTTP requests; with `close_after`, close each connection after one answer without saying so."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            server.requests.append(head)
            answer = answers(head)
            writer.write(answer if isinstance(answer, bytes) else await answer)
            await writer.drain()
            if close_after:
                return

    async with serving(handle, tls) as server:
        yield server


def page(body: bytes | str = b"all is healthy", status: int = 200, headers: str = "") -> bytes:
    """An HTTP answer; `headers` are lines that each end in CRLF."""
    content = body.encode() if isinstance(body, str) else body
    return f"HTTP/1.1 {status} X\r\n{headers}content-length: {len(content)}\r\n\r\n".encode() + content


@dataclass
class Certificate:
    """A self-signed certificate for 127.0.0.1 and test.example, on disk."""

    pem: Path
    key: Path

    def server(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.pem, self.key)
        return context

    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.pem))


def make_certificate(directory: Path, days: float) -> Certificate:
    """Make a certificate that runs out in that many days, or did."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test.example")])
    end = datetime.now(UTC) + timedelta(days=days)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(end - timedelta(days=400))
        .not_valid_after(end)
        .add_extension(
            x509.SubjectAlternativeName(
                [x509.DNSName("test.example"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
            ),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    made = Certificate(directory / "certificate.pem", directory / "key.pem")
    made.pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    made.key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return made


class _Dns(asyncio.DatagramProtocol):
    def __init__(self, zone: dict[tuple[str, str], list[str]], silent: bool) -> None:
        self._zone, self._silent = zone, silent

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)  # not an instance of it before Python 3.12

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        if self._silent:
            return
        query = dns.message.from_wire(data)
        question = query.question[0]
        name, kind = question.name.to_text(), dns.rdatatype.to_text(question.rdtype)
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA
        if records := self._zone.get((name, kind)):
            reply.answer.append(dns.rrset.from_text(name, 60, "IN", kind, *records))
        elif name not in {n for n, _ in self._zone}:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        self._transport.sendto(reply.to_wire(), address)


@asynccontextmanager
async def dns_server(zone: dict[tuple[str, str], list[str]], silent: bool = False) -> AsyncIterator[str]:
    """Serve a zone over UDP; gives `ADDRESS:PORT`."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: _Dns(zone, silent), local_addr=("127.0.0.1", 0))
    try:
        host, port = transport.get_extra_info("sockname")
        yield f"{host}:{port}"
    finally:
        transport.close()
