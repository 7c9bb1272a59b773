"""Files that commands write for people: whole or not at all, with one sentence for every fault."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from models.names import as_typed
from starter.terminal.options import MISUSED, stop


def write_file(content: bytes, path: Path) -> None:
    """Write a file that the user named. If that fails, stop with exit code 2; a file that existed before then stays as it was."""
    try:
        target = path.resolve()
        if target.exists() and not target.is_file():
            target.write_bytes(content)  # a directory is refused, and a device has nothing to lose
        else:
            _replace(target, content)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        stop(
            f"{as_typed(str(path))} cannot be written: {reason.lower()}; name a file in a directory that exists and in which "
            "you may write",
            MISUSED,
        )


def _replace(target: Path, content: bytes) -> None:
    """Write beside the file first, so that a full disk does not leave half a file in its place."""
    mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:50]}.")
    beside = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        beside.chmod(mode)
        beside.replace(target)
    except BaseException:
        beside.unlink()
        raise


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
