"""Files of an installation: only the user who runs it has rights on them, whatever the umask says."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

MASK: Final = 0o077
"""What others may not: read, write, enter."""

_THEIR_OWN: Final = "dossiers"
"""Often a checkout of a repository that people share; the home directory around it is closed."""


def keep_private() -> None:
    """Have every file and directory that this process and its children make belong to its user alone."""
    os.umask(MASK)


def tighten(home: Path) -> None:
    """Take from others whatever rights they have on an installation's files; links are not followed."""
    for path in open_to_others(home):
        path.chmod(stat.S_IMODE(path.lstat().st_mode) & ~MASK)


def open_to_others(home: Path) -> Iterator[Path]:
    """The home directory and all in it on which others than its owner have rights, the directory before what is in it."""
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
    except FileNotFoundError:  # it has gone since it was listed
        return False
    return not stat.S_ISLNK(found.st_mode) and found.st_uid == os.geteuid() and bool(found.st_mode & MASK)
