"""The demo's home directory. Every run creates it again, with settings that name unused ports."""

from __future__ import annotations

import os
import shutil
import socket
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from models.errors import SettingsError
from models.settings import Settings, home_directory, load_settings
from starter.demo.mailbox import ADDRESS, CHANNELS
from starter.installation.leftovers import end_left_behind
from starter.installation.supervisor import only_one

SETTINGS: Final = "driftvakt.toml"
_MARK: Final = "made-by-driftvakt-demo"
_LOCK: Final = "up.lock"
_FIRST_PROBES: Final = 1.0
"""Seconds within which the demo's monitor takes its first samples."""


def make_home() -> Settings:
    """Create `demo/` in the home directory with a settings file, and return the settings.

    Parts that a killed demo left running are ended. `SettingsError` when another demo runs there, or it holds something else.
    """
    home = home_directory() / "demo"
    _refuse_foreign(home)
    with only_one(home):
        end_left_behind(home)
    shutil.rmtree(home)
    home.mkdir(mode=0o700, parents=True)
    (home / _MARK).touch()
    # The demo is a separate installation, so the settings of the real one must not apply. Only ports may be chosen.
    chosen = {name: value for name in default_ports() if (value := os.environ.get(f"DRIFTVAKT_{name.upper()}"))}
    for name in [n for n in os.environ if n.startswith(("DRIFTVAKT_", "TEMPORAL_"))]:
        del os.environ[name]
    os.environ["DRIFTVAKT_HOME"] = str(home)
    ports = _ports() | chosen
    lines = [f'{name} = "{port}"' for name, port in ports.items()]
    lines += [f"monitor_start_spread_seconds = {_FIRST_PROBES}", "[notice_channels]"]
    lines += [f'{channel} = "file:{ADDRESS}"' for channel in CHANNELS]
    (home / SETTINGS).write_text("\n".join(lines) + "\n")
    return load_settings()


def remove_home(home: Path) -> None:
    """Remove the directory, after all processes that wrote there have ended."""
    if (home / _MARK).exists():
        shutil.rmtree(home, ignore_errors=True)


def default_ports() -> dict[str, int]:
    """Return the default ports of an installation."""
    names = ("temporal_port", "temporal_ui_port", "temporal_metrics_port", "intake_port")
    return {name: Settings.model_fields[name].default for name in names}


def free_ports(count: int) -> list[int]:
    """Return free ports on the loopback address."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for sock in sockets:
            sock.bind(("127.0.0.1", 0))
        return [int(sock.getsockname()[1]) for sock in sockets]


def _ports() -> dict[str, int | str]:
    """Return the default ports, with a free port instead of each one that is in use."""
    wanted = default_ports()
    spare = free_ports(len(wanted))
    return {name: port if _is_free(port) else spare.pop() for name, port in wanted.items()}


def _is_free(port: int) -> bool:
    with socket.socket() as sock:
        # Servers do the same: a port whose last connection is in TIME_WAIT counts as free.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _refuse_foreign(home: Path) -> None:
    found = {path.name for path in home.iterdir()} if home.is_dir() else set()
    if found - {_LOCK} and _MARK not in found:
        raise SettingsError(
            f"{home} contains files that do not belong to the demo; move them away, or set DRIFTVAKT_HOME"
        )
