"""Paths and patterns that people type into runbooks: what is safe to give to a command on a host."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Final

_SYSTEM: Final = ("/bin", "/boot", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/proc", "/run", "/sbin", "/sys", "/usr")


def absolute(path: str) -> str:
    """An absolute path in its plain form; ValueError with a sentence otherwise."""
    if not path.startswith("/"):
        raise ValueError(f"{path!r} is not an absolute path; begin it with /")
    if any(ord(c) < 32 or ord(c) == 127 for c in path):
        raise ValueError(f"{path!r} holds control characters")
    if {".", ".."} & set(path.split("/")):
        raise ValueError(f"{path!r} holds . or .. as a part; write the path that is meant")
    return str(PurePosixPath("/" + path.lstrip("/")))


def cleanable(path: str) -> str:
    """Return the path of a directory in which files may be removed. Raise `ValueError` for a relative, short or system path."""
    path = absolute(path)
    if len(PurePosixPath(path).parts) < 3:
        raise ValueError(f"{path!r} is too close to the root to be cleaned; give a directory inside it")
    for system in _SYSTEM:
        if path.startswith(f"{system}/"):
            raise ValueError(f"{path!r} belongs to the operating system ({system}); this runbook does not clean it")
    return path


def file_pattern(pattern: str) -> str:
    """Return a pattern for names of files, as for `find -name`. Raise `ValueError` if it would match nearly every file."""
    if "/" in pattern or any(ord(c) < 32 or ord(c) == 127 for c in pattern):
        raise ValueError(f"{pattern!r} must match a file's name alone, without / or control characters")
    if pattern.startswith("-"):
        raise ValueError(f"{pattern!r} begins with a dash, like an option of a command; write [-] for the dash")
    if not any(c.isalnum() for c in pattern):
        raise ValueError(f"{pattern!r} would match nearly every file; give a longer pattern, such as *.log.gz")
    return pattern
