"""Keeps the files of an installation private: only the user who runs it has rights on them, with any umask."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

MASK: Final = 0o077
"""The permissions to remove: those of the group and of other users."""

_THEIR_OWN: Final = "dossiers"
"""The directory that keeps its rights, often a shared repository's checkout; the home around it is private anyway."""


def keep_private() -> None:
    """Set the umask, so that only this user has rights on files that this process and its children create."""
    os.umask(MASK)


def tighten(home: Path) -> None:
    """Remove the rights of other users on an installation's files. Links are not followed."""
    for path in open_to_others(home):
        path.chmod(stat.S_IMODE(path.lstat().st_mode) & ~MASK)


def open_to_others(home: Path) -> Iterator[Path]:
    """Yield each path of the home directory on which other users have rights; a directory comes before its contents."""
    if _is_open(home):
        yield home
    for directory, names, files in os.walk(home):
        if Path(directory) == home and _THEIR_OWN in names:
            names.remove(_THEIR_OWN)
        for name in (*names, *files):
            if _is_open(path := Path(directory, name)):
                yield path


def _is_open(path: Path) -> bool:
    try:
        found = path.lstat()
    except FileNotFoundError:  # it was removed after it was listed
        return False
    return not stat.S_ISLNK(found.st_mode) and found.st_uid == os.geteuid() and bool(found.st_mode & MASK)
