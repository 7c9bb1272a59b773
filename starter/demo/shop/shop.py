"""Acme's web shop: `python3 shop.py web|app|db PORT PID_FILE [ADDRESS OF WHAT IT NEEDS]`; the standard library only.

`web` asks `app`, and `app` asks `db`, for every page: when one of them is gone, everything above it answers 503.
"""

from __future__ import annotations

import html
import json
import os
import signal
import sys
import urllib.request
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NoReturn

PATIENCE = {"web": 1.5, "app": 1.0}
"""Seconds to wait for the component below. A lower component waits less, so that the error names the one that hangs."""

Answer = tuple[str, str]
"""A content type, and a body."""


def ask(component: str, address: str, path: str) -> str:
    """Query the component below."""
    with urllib.request.urlopen(address + path, timeout=PATIENCE[component]) as answer:  # noqa: S310 - our own, on loopback
        body: str = answer.read().decode()
        return body


def web(path: str, needs: str) -> Answer:
    """Return the page that a visitor sees."""
    if path == "/health":
        return "application/json", ask("web", needs, "/health")
    offers = json.loads(ask("web", needs, "/offers"))
    rows = "".join(f"<li>{html.escape(name)}: {price} kr, {left} left</li>" for name, price, left in offers)
    return "text/html", f"<!doctype html><title>Acme Garden</title><h1>Acme Garden</h1><ul>{rows}</ul>"


def app(path: str, needs: str) -> Answer:
    """Return the goods in stock with their prices."""
    stock: dict[str, list[int]] = json.loads(ask("app", needs, "/stock"))
    if path == "/health":
        return "application/json", json.dumps({"status": "ok", "articles": len(stock)})
    return "application/json", json.dumps([[name, price, left] for name, (price, left) in stock.items()])


def db(path: str, needs: str) -> Answer:
    """Return the stock from its file."""
    stock = json.loads(Path("shop/stock.json").read_text())
    if path == "/health":
        return "application/json", json.dumps({"status": "ok", "articles": len(stock)})
    return "application/json", json.dumps(stock)


COMPONENTS: dict[str, Callable[[str, str], Answer]] = {"web": web, "app": app, "db": db}


def handler(component: str, needs: str) -> type[BaseHTTPRequestHandler]:
    """Answers GET with the result of the component's function, or with 503 if that fails."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            try:
                status, (kind, body) = 200, COMPONENTS[component](self.path, needs)
            except (OSError, ValueError) as error:
                status, kind, body = 503, "application/json", json.dumps({"status": "failed", "why": str(error)})
                say(f"{component}: {self.path} failed: {error}")
            self.send_response(status)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing for a request."""

    return Handler


def say(text: str) -> None:
    """Write a line to the log."""
    sys.stderr.write(text + "\n")


def end(*_: object) -> NoReturn:
    """End the process at once, after SIGTERM."""
    say("ending after SIGTERM")
    raise SystemExit(0)


def main(component: str, port: str, pid_file: str, needs: str = "") -> None:
    """Serve requests; the pid file exists as soon as the port is open."""
    # A service must survive the end of the process group that started it.
    os.setpgid(0, 0)
    signal.signal(signal.SIGTERM, end)
    with ThreadingHTTPServer(("127.0.0.1", int(port)), handler(component, needs)) as server:
        server.daemon_threads = True
        written = Path(f"{pid_file}.new")
        written.write_text(f"{os.getpid()}\n")
        written.replace(pid_file)
        say(f"{component} serves port {port} (process {os.getpid()})")
        server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
