"""References to secrets: the dossier and the settings contain `env:NAME` or `file:PATH`, the value stays on this
machine.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from models.errors import SettingsError

SECRET_LIMIT: Final = 64 * 1024
"""Bytes; a longer file is a mistake."""


def is_reference(text: str) -> bool:
    """Return whether a text is a reference to a secret, not the secret itself."""
    return text.startswith(("env:", "file:"))


def resolve(reference: str) -> str:
    """Return the value of `env:NAME` or `file:PATH`, without the line end of a file.

    Raise `SettingsError` with the reference, but never the value. A text that is no reference is not repeated either,
    because it may be the secret itself.
    """
    kind, _, name = reference.partition(":")
    if kind == "env" and name:
        return _from_environment(name)
    if kind == "file" and name:
        return _from_file(name)
    raise SettingsError("a secret is given as env:NAME or file:PATH, but the given text is neither")


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
        raise SettingsError(f"file:{name}: is longer than {SECRET_LIMIT // 1024} KiB, too long for a secret")
    try:
        value = content.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise SettingsError(f"file:{name}: is not UTF-8 text") from None
    if not value:
        raise SettingsError(f"file:{name}: is empty")
    return value
