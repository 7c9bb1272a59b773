"""With which settings each running part was started, so that `driftvakt doctor` can say which have changed since then."""

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
"""No running part reads them."""


@contextmanager
def in_use(settings: Settings, part: str) -> Iterator[None]:
    """Keep a note of the settings for as long as the part runs; without room for the note it runs all the same.

    The note holds salted digests alone. It counts while its file is locked, which ends with the process, however that ends; the
    locks are not copied with the home directory.
    """
    with contextlib.ExitStack() as noted:
        try:
            noted.enter_context(_note(settings, part))
        except OSError as error:
            log.warning("no note of the settings of %s could be kept in %s: %s", part, settings.home, error.strerror)
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
        # Under its name it is locked from the first moment on.
        final.with_suffix(".new").rename(final)
        try:
            yield
        finally:
            final.unlink(missing_ok=True)


def changed_since_start(settings: Settings) -> dict[str, list[str]]:
    """The running parts of this home directory, each with the settings that differ from those it was started with."""
    found: dict[str, set[str]] = {}
    for file in sorted((settings.home / "run").glob("*.settings")):
        try:
            note = json.loads(file.read_text()) if is_held(file) else None
        except (OSError, ValueError):  # it has ended since, or there was no room for the note
            continue
        if note is not None:
            then, now = note["digests"], _digests(settings, note["salt"])
            names = {name for name in then.keys() | now.keys() if then.get(name) != now.get(name)}
            found.setdefault(note["part"], set()).update(names)
    return {part: sorted(names) for part, names in found.items()}


def _digests(settings: Settings, salt: str) -> dict[str, str]:
    given = settings.model_dump(mode="json", exclude=_OF_COMMANDS)
    # `driftvakt up` tells its parts the address outright; what counts is where they connect to.
    given["temporal_address"] = settings.temporal_target
    return {
        name: hashlib.sha256(f"{salt}{json.dumps(value, sort_keys=True)}".encode()).hexdigest()
        for name, value in given.items()
    }


def is_held(file: Path) -> bool:
    """Whether a process that lives has locked this file."""
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
