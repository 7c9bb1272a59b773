"""Text files that people give to commands: read whole, at most to a bound, with one sentence for every fault."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from models.errors import UserError
from models.names import as_typed

STANDARD_INPUT: Final = "-"
"""The name that stands for standard input."""

_LARGEST: Final = 100_000_000
"""Characters. A file of events for two years of 500 measuring points has a tenth of this."""


def file_title(name: str) -> str:
    """Return the name of a file for messages; on one line, whatever the name contains."""
    return "standard input" if name == STANDARD_INPUT else as_typed(name)


def read_file(name: str, wanted: str) -> str:
    """Return the text of a file in UTF-8, with or without a byte order mark; - reads standard input.

    `wanted` says what to give instead, as in "a JSON file". Raise `UserError` if the file cannot be read, is no text, or has
    more than 100 million characters.
    """
    title = file_title(name)
    if not name:
        raise UserError(f"the name of a file is empty; give {wanted}, or - for standard input")
    try:
        if name == STANDARD_INPUT:
            text = sys.stdin.read(_LARGEST + 1).removeprefix("\ufeff")
        else:
            with Path(name).open(encoding="utf-8-sig") as file:
                text = file.read(_LARGEST + 1)
    except UnicodeDecodeError:
        raise UserError(f"{title} is no text in UTF-8; give {wanted}") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UserError(f"{title} cannot be read: {reason.lower()}; check its name and its permissions") from None
    if len(text) > _LARGEST:
        raise UserError(f"{title} has more than {_LARGEST:,} characters; give {wanted} with less in it")
    return text
