"""The demo's mailbox: it writes the messages that people would get by phone, mail and chat into files."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final
from urllib.parse import unquote

ADDRESS: Final = "notices-url"
"""The file in the demo's home with the address of the channels; a real installation keeps its gateway's address so."""

CHANNELS: Final = ("email", "phone", "sms")
_MOST: Final = 1_000_000


@contextmanager
def mailbox(home: Path) -> Iterator[Path]:
    """Receive notices during the block. Return the directory, in which each notice becomes a file, in order."""
    directory = home / "mailbox"
    directory.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(directory))
    server.daemon_threads = True
    address = home / ADDRESS
    address.touch(mode=0o600)
    address.write_text(f"json://127.0.0.1:{server.server_address[1]}/{{to}}\n")
    threading.Thread(target=server.serve_forever, name="mailbox", daemon=True).start()
    try:
        yield directory
    finally:
        server.shutdown()
        server.server_close()


def _handler(directory: Path) -> type[BaseHTTPRequestHandler]:
    lock = threading.Lock()

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the library's name
            size = min(int(self.headers.get("Content-Length") or 0), _MOST)
            notice = json.loads(self.rfile.read(size))
            to = unquote(self.path).strip("/").replace("/", "_") or "nobody"
            with lock:
                number = len(list(directory.iterdir())) + 1
                text = f"To: {to}\nSubject: {notice.get('title', '')}\n\n{notice.get('message', '')}\n"
                (directory / f"{number:03} {to}.txt").write_text(text, encoding="utf-8")
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing, because the terminal shows the demo."""

    return Taking
