"""References to secrets: the dossier and the settings hold `env:NAME` or `file:PATH`, the value stays on this machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from models.errors import SettingsError

SECRET_LIMIT: Final = 64 * 1024
"""Bytes; a longer file is no secret but a mistake."""


def is_reference(text: str) -> bool:
    """Whether a text names a secret instead of being one."""
    return text.startswith(("env:", "file:"))


def resolve(reference: str) -> str:
    """Give the value that `env:NAME` or `file:PATH` stands for, without the line end of a file.

    Raises `SettingsError` that names the reference, never its value; and not even the text where it is no reference,
    for then it may be the secret itself.
    """
    kind, _, name = reference.partition(":")
    if kind == "env" and name:
        return _from_environment(name)
    if kind == "file" and name:
        return _from_file(name)
    raise SettingsError("a secret is given as env:NAME or file:PATH, and what is given is neither")


def _from_environment(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise SettingsError(f"env:{name}: this environment variable is not set, or empty, where the worker runs")
    return value


def _from_file(name: str) -> str:
    try:
        with Path(name).expanduser().open("rb") as file:
            content = file.read(SECRET_LIMIT + 1)
    except (OSError, ValueError, RuntimeError) as error:  # ValueError: NUL in the path; RuntimeError: no home for ~
        reason = getattr(error, "strerror", None) or "this is not a usable path"
        raise SettingsError(f"file:{name}: cannot be read where the worker runs: {reason}") from None
    if len(content) > SECRET_LIMIT:
        raise SettingsError(f"file:{name}: is longer than {SECRET_LIMIT // 1024} KiB, which no secret is")
    try:
        value = content.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise SettingsError(f"file:{name}: is not UTF-8 text") from None
    if not value:
        raise SettingsError(f"file:{name}: is empty")
    return value
