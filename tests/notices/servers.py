"""Real receivers on loopback: a mail server that behaves as it is told, and a webhook."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.ports import free_port


class Mailbox:
    """Takes mail; `greylist` turns so many receivers away first, `refuse` turns all away, `silent` never says that it took it."""

    def __init__(self, greylist: int = 0, refuse: bool = False, silent: bool = False) -> None:
        self.messages: list[Message] = []
        self.taken = threading.Event()
        self._greylist = greylist
        self._refuse = refuse
        self._silent = silent
        self.port = 0

    async def handle_RCPT(  # noqa: N802 -- aiosmtpd calls it so
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self._refuse:
            return "550 5.1.1 no such user here"
        if self._greylist:
            self._greylist -= 1
            return "451 4.7.1 come back soon"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        self.messages.append(message_from_bytes(envelope.content))
        self.taken.set()
        if self._silent:
            await asyncio.sleep(3600)
        return "250 taken"

    def url(self, secret: str = "") -> str:
        """The address of the channel, as it is kept."""
        return f"mailto://127.0.0.1:{self.port}?from=Drift%20%3Cdrift@us.example%3E&to={{to}}&mode=insecure{secret}"

    def subjects(self) -> list[str]:
        """What stands above the messages."""
        return [str(make_header(decode_header(m["Subject"]))) for m in self.messages]

    def text(self, number: int = 0) -> str:
        """What a message says."""
        message = self.messages[number]
        parts = [part for part in message.walk() if part.get_content_type() == "text/plain"]
        content = parts[0].get_payload(decode=True)
        assert isinstance(content, bytes)
        return content.decode()

    def attached(self, number: int = 0) -> dict[str, tuple[str, bytes]]:
        """The files of a message by name: media type and content."""
        found: dict[str, tuple[str, bytes]] = {}
        for part in self.messages[number].walk():
            name, content = part.get_filename(), part.get_payload(decode=True)
            if name and isinstance(content, bytes):
                found[name] = (part.get_content_type(), content)
        return found


@contextmanager
def mail_server(mailbox: Mailbox) -> Iterator[Mailbox]:
    """A mail server on a free port."""
    mailbox.port = free_port()
    controller = Controller(mailbox, hostname="127.0.0.1", port=mailbox.port)
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()


@contextmanager
def mute_server() -> Iterator[int]:
    """Takes connections and never says a word."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(16)
        yield listening.getsockname()[1]


class Webhook:
    """An HTTP receiver; answers with these statuses in turn, then 200."""

    def __init__(self, *statuses: int) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self._statuses = list(statuses)
        webhook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status = webhook._statuses.pop(0) if webhook._statuses else 200
                if status == 200:
                    webhook.bodies.append(body)
                    webhook.headers.append(dict(self.headers))
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hooks/canary-in-the-path"

    @contextmanager
    def serving(self) -> Iterator[Webhook]:
        thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()
