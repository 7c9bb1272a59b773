"""Records the settings with which each part was started, so that `driftvakt doctor` can list those that have changed."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import logging
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from models.settings import Settings

log = logging.getLogger("driftvakt.settings")

_OF_COMMANDS: Final = {"user", "dossiers"}
"""Settings that only commands use; running parts do not read them."""


@contextmanager
def in_use(settings: Settings, part: str) -> Iterator[None]:
    """Keep a file with the part's settings while the part runs. If the disk is full, the part runs without the file.

    The file contains only salted digests. It is valid while it is locked: the lock ends with the process, even after a crash,
    and a copy of the home directory has no locks.
    """
    with contextlib.ExitStack() as noted:
        try:
            noted.enter_context(_note(settings, part))
        except OSError as error:
            log.warning("the settings of %s could not be saved in %s: %s", part, settings.home, error.strerror)
        yield


@contextmanager
def _note(settings: Settings, part: str) -> Iterator[None]:
    directory = settings.home / "run"
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in directory.glob("*.settings"):
        if not is_held(left):
            left.unlink(missing_ok=True)
    final = directory / f"{part}.{os.getpid()}.settings"
    salt = secrets.token_hex(16)
    with os.fdopen(os.open(final.with_suffix(".new"), os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        json.dump({"part": part, "salt": salt, "digests": _digests(settings, salt)}, file)
        file.flush()
        # The rename comes after the lock, so that nobody ever finds the file unlocked under this name.
        final.with_suffix(".new").rename(final)
        try:
            yield
        finally:
            final.unlink(missing_ok=True)


def changed_since_start(settings: Settings) -> dict[str, list[str]]:
    """Return the running parts of this home directory, each with the names of the settings that changed since its start."""
    found: dict[str, set[str]] = {}
    for file in sorted((settings.home / "run").glob("*.settings")):
        try:
            note = json.loads(file.read_text()) if is_held(file) else None
        except (OSError, ValueError):  # the part has just ended, or the disk was full
            continue
        if note is not None:
            then, now = note["digests"], _digests(settings, note["salt"])
            names = {name for name in then.keys() | now.keys() if then.get(name) != now.get(name)}
            found.setdefault(note["part"], set()).update(names)
    return {part: sorted(names) for part, names in found.items()}


def _digests(settings: Settings, salt: str) -> dict[str, str]:
    given = settings.model_dump(mode="json", exclude=_OF_COMMANDS)
    # `driftvakt up` passes the address to its parts, so only the resulting address can be compared.
    given["temporal_address"] = settings.temporal_target
    return {
        name: hashlib.sha256(f"{salt}{json.dumps(value, sort_keys=True)}".encode()).hexdigest()
        for name, value in given.items()
    }


def is_held(file: Path) -> bool:
    """Return whether a running process holds a lock on this file."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
