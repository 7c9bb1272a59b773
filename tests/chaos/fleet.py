"""A fleet of components on one real host: each is up while a file is there, counts its starts, and shows its health over HTTP."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.dossier.written import dump
from tests.hosts import Host

APPLICATIONS = 10
COMPONENTS = 4
"""Of each application; none needs another, so that each has an incident of its own."""


def names(applications: int = APPLICATIONS, components: int = COMPONENTS) -> list[tuple[str, str]]:
    """Application and component, for all."""
    return [(f"acme.app{a}", f"c{c}") for a in range(applications) for c in range(components)]


class Fleet:
    """Components as files under a directory of the host."""

    def __init__(self, host: Host, applications: int = APPLICATIONS, components: int = COMPONENTS) -> None:
        self.host = host
        self.applications = applications
        self.components = components
        self.directory = host.root / "fleet"
        self.directory.mkdir()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        for name in names(applications, components):
            self.up(name).touch()

    def close(self) -> None:
        """Stop showing health."""
        self._server.shutdown()
        self._server.server_close()

    def up(self, name: tuple[str, str]) -> Path:
        """There while the component runs."""
        return self.directory / f"{name[0]}.{name[1]}.up"

    def break_it(self, name: tuple[str, str]) -> None:
        """The component dies."""
        self.up(name).unlink()

    def count(self, name: tuple[str, str], verb: str) -> int:
        """How often the host really started or stopped it."""
        path = self.directory / f"{name[0]}.{name[1]}.{verb}"
        return len(path.read_text().splitlines()) if path.exists() else 0

    def write_dossiers(self, directory: Path) -> None:
        """A dossier for every application."""
        directory.mkdir(parents=True, exist_ok=True)
        for number in range(self.applications):
            (directory / f"app{number}.yaml").write_text(dump(self._dossier(number)))

    def _dossier(self, number: int) -> dict[str, Any]:
        target = self.host.target()
        application = f"acme.app{number}"
        parts = [f"c{c}" for c in range(self.components)]
        return {
            "dossier": 1,
            "customer": "acme",
            "application": f"app{number}",
            "name": f"Application {number}",
            "agreement": {
                "number": "T-1",
                "signed": "2026-01-01",
                "signed_by": ["Ann, supplier", "Bob, acme"],
                "undertakings": ["incident"],
                "service_hours": {"always": "24x7"},
                "incidents": {
                    "confirm_checks": 2,
                    "confirm_every": "200ms",
                    "healthy_for": "500ms",
                    "recovery_within": "20s",
                },
            },
            "parties": {"supplier": {"name": "Supplier", "kind": "supplier"}},
            "contacts": {"ann": {"name": "Ann", "party": "supplier", "function": "on call", "roles": ["operator"]}},
            "architecture": {
                "sites": {"dc": {"name": "Data centre", "operated_by": "supplier"}},
                "hosts": {
                    "h1": {
                        "site": "dc",
                        "address": target.address,
                        "port": target.port,
                        "user": target.user,
                        "host_keys": target.host_keys,
                        "credential": target.credential,
                        "state_dir": str(self.host.root / "state"),
                    }
                },
                "components": {part: self._component(application, part) for part in parts},
            },
            "monitoring": {
                "watched_by": "central",
                "measuring_points": {
                    f"{part}-up": {
                        "component": part,
                        "probe": {
                            "type": "http",
                            "url": f"http://127.0.0.1:{self.port}/{application}.{part}",
                            "timeout": "5s",
                        },
                    }
                    for part in parts
                },
            },
            "instructions": {
                "fresh_for": "always",
                "troubleshooting": {
                    f"{part}-down": {
                        "title": f"{part} does not answer",
                        "symptom": {"components": [part]},
                        "collect": [{"type": "run", "command": "date +%s.%N", "read_only": True}],
                        "remedies": {
                            "restart": {"title": f"Restart {part}", "steps": [{"type": "restart", "component": part}]}
                        },
                    }
                    for part in parts
                },
            },
        }

    def _component(self, application: str, part: str) -> dict[str, Any]:
        base = self.directory / f"{application}.{part}"
        return {
            "name": part,
            "hosts": ["h1"],
            "control": {
                "type": "commands",
                "start": f"echo start >> {base}.start; sleep 0.2; touch {base}.up",
                "stop": f"echo stop >> {base}.stop; rm -f {base}.up",
                "status": f"test -e {base}.up || exit 3",
            },
        }

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        directory = self.directory

        class Health(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                healthy = (directory / f"{self.path.strip('/')}.up").exists()
                body = b"up" if healthy else b"down"
                self.send_response(200 if healthy else 503)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        return Health
