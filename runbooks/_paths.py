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
    """A directory in which files may be removed: absolute, at least two levels deep, and none of the system's own."""
    path = absolute(path)
    if len(PurePosixPath(path).parts) < 3:
        raise ValueError(f"{path!r} is too close to the root to be cleaned; name the directory inside it that is meant")
    for system in _SYSTEM:
        if path.startswith(f"{system}/"):
            raise ValueError(f"{path!r} belongs to the operating system ({system}) and is not cleaned by this runbook")
    return path


def file_pattern(pattern: str) -> str:
    """A pattern for names of files, as `find -name` takes it, that says more than 'everything'."""
    if "/" in pattern or any(ord(c) < 32 or ord(c) == 127 for c in pattern):
        raise ValueError(f"{pattern!r} must match a file's name alone, without / or control characters")
    if pattern.startswith("-"):
        raise ValueError(f"{pattern!r} begins with a dash, as an option of a command does; write [-] for the dash")
    if not any(c.isalnum() for c in pattern):
        raise ValueError(f"{pattern!r} would match nearly every file; name more of it, as in *.log.gz")
    return pattern
