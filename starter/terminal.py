"""What all pages on the terminal share: the console, and text that is harmless there."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import Final

from rich.console import Console
from rich.markup import escape

_INTO_A_PIPE: Final = 200
"""Columns where nobody looks: what a program searches must not be cut to a window that is not there."""


def terminal(*, stderr: bool = False) -> Console:
    """The console for a page; as wide as the window, and wide where the output goes to a file or a pipe."""
    stream = sys.stderr if stderr else sys.stdout
    seen = stream.isatty() or "COLUMNS" in os.environ
    return Console(highlight=False, stderr=stderr, width=None if seen else _INTO_A_PIPE)


def tidy(text: str) -> str:
    """Text from hosts and senders, made harmless for a terminal: no escape sequences, no markup, one line."""
    return escape("".join(c if c.isprintable() else " " for c in text))


def colleagues(names: Iterable[str]) -> str:
    """Whom something waits for, as one calls them: people by what stands before the @; roles only where no person is named."""
    known = list(names)
    people = [name.partition("@")[0] for name in known if "@" in name]
    return tidy(", ".join(people or known))
