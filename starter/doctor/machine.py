"""Checks of this machine: Python, the home directory, its disk, tokens."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from activities.secrets.references import resolve
from models.errors import SettingsError
from models.settings import Settings, home_directory
from starter.doctor.finding import Finding, named, note, ok, warning, wrong
from starter.installation.private import open_to_others
from starter.installation.settings_in_use import changed_since_start, is_held
from starter.installation.temporal_server import temporal_binary

_LEAST_PYTHON: Final = (3, 11)
_LEAST_FREE: Final = 200 * 2**20
_LITTLE_FREE: Final = 2 * 2**30


def python() -> Finding:
    """Check the version of Python."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] < _LEAST_PYTHON:
        return wrong(
            "python", f"this is Python {version}", "install Python 3.11 or newer and create the environment again"
        )
    return ok("python", f"Python {version}")


def settings_file() -> Finding:
    """Name the sources of the settings. They have been loaded already, so the file is readable."""
    file = home_directory() / "driftvakt.toml"
    return ok(
        "settings", f"from {file} and DRIFTVAKT_*" if file.exists() else f"from DRIFTVAKT_* only; {file} does not exist"
    )


def home(settings: Settings) -> Finding:
    """Check that the home directory is writable."""
    directory = settings.home
    if not directory.exists():
        above = next(parent for parent in directory.absolute().parents if parent.exists())
        if not (above.is_dir() and os.access(above, os.W_OK | os.X_OK)):
            why = "you may not write there" if above.is_dir() else "it is not a directory"
            return wrong(
                "home",
                f"{directory} cannot be created in {above}: {why}",
                "set DRIFTVAKT_HOME to a directory in which you may write",
            )
        return note("home", f"{directory} does not exist yet", "`driftvakt up` creates it")
    try:
        with tempfile.TemporaryFile(dir=directory):
            pass
    except OSError as error:
        fix = "give this user the right to write there, or set DRIFTVAKT_HOME to another directory"
        return wrong("home", f"{directory} is not writable: {error.strerror}", fix)
    return ok("home", f"{directory} is writable")


def private(settings: Settings) -> Finding | None:
    """Check that no other user has rights on the home's files; None when there are no files yet."""
    if not settings.home.exists():
        return None
    found = [*open_to_others(settings.home)]
    if not found:
        return ok("private", f"nobody else has rights on the files in {settings.home}")
    names = named([str(path) for path in found])
    if settings.home in found:
        fix = (
            f"restart `driftvakt up`, which corrects the rights, or run: chmod -R go= {shlex.quote(str(settings.home))}"
        )
        return wrong("private", f"other users have rights on {names}", fix)
    paths = " ".join(shlex.quote(str(path)) for path in found[:20])
    return warning(
        "private",
        f"other users have rights on {names}; only the closed home directory protects these files",
        f"chmod go= {paths}",
    )


def settings_in_use(settings: Settings) -> Finding | None:
    """Check that the running parts were started with the current settings; None when nothing runs."""
    running = changed_since_start(settings)
    if not running:
        return None
    changed = sorted({name for names in running.values() for name in names})
    if not changed:
        return ok("restart", f"the running parts ({', '.join(running)}) were started with these settings")
    outdated = ", ".join(part for part, names in running.items() if names)
    said = f"{outdated}: started before these settings changed, and still using the old values: {', '.join(changed)}"
    return wrong(
        "restart", said, "restart it: end it with Ctrl-C or SIGTERM, and start it again; running work continues"
    )


def disk(settings: Settings) -> Finding:
    """Check the free disk space for Temporal's file and the records."""
    there = next((p for p in (settings.home, *settings.home.parents) if p.exists()), Path("/"))
    free = shutil.disk_usage(there).free
    said = f"{free / 2**30:.1f} GiB are free under {there}"
    if free < _LEAST_FREE:
        return wrong("disk", said, "free disk space; Temporal and the records stop when the disk is full")
    if free < _LITTLE_FREE:
        return warning("disk", said, "free disk space soon; samples_kept_days sets how long samples are stored")
    return ok("disk", said)


def server_binary(settings: Settings) -> Finding | None:
    """Check that the program of the embedded Temporal server is installed, if it is used."""
    if settings.temporal_address is not None:
        return None
    try:
        return ok("server", f"the embedded Temporal server is installed at {temporal_binary()}")
    except SettingsError as error:
        return wrong("server", str(error), "install it, or set temporal_address to a cluster")


def tokens(settings: Settings) -> Iterator[Finding]:
    """Check the token of each source of alarms."""
    for source, reference in settings.alarm_sources.items():
        yield _token(settings, source, reference)


def _token(settings: Settings, source: str, reference: str) -> Finding:
    check = f"token {source}"
    path = Path(reference.removeprefix("file:")).expanduser() if reference.startswith("file:") else None
    if path == settings.default_token and not path.exists():
        return note(check, f"{path} does not exist yet", "`driftvakt up` creates it")
    try:
        resolve(reference)
    except SettingsError as error:
        return wrong(check, str(error), f"until then the intake answers 503 to alarms of {source}: see intake_sources")
    if path is not None and (open_to := _others(path)):
        return wrong(check, f"{path} can be read by {open_to}", f"chmod 600 {path}, and replace the token")
    return ok(
        check, f"{reference.partition(':')[0]} reference can be read, by nobody else" if path else f"{reference} is set"
    )


def _others(path: Path) -> str:
    mode = path.stat().st_mode
    return "everybody" if mode & 0o007 else "its group" if mode & 0o070 else ""


def closed_to_others(path: Path) -> bool:
    """Return whether only the owner has rights on a file."""
    return not _others(path)


def up_runs(settings: Settings) -> bool:
    """Return whether `driftvakt up` runs in this home."""
    return is_held(settings.home / "up.lock")
