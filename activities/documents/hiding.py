"""Hides internal names in texts that customers read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

from models.dossier import Dossier

HIDDEN: Final = "[…]"
"""Replaces an internal name in a text that a person wrote."""


def hiding(names: Iterable[str]) -> Callable[[str], str]:
    """Return a function that hides these names in a text, wherever they are whole words."""
    words = sorted({n for n in names if len(n.strip()) > 1}, key=lambda name: (-len(name), name))
    if not words:
        return lambda text: text
    pattern = re.compile(r"(?<![\w-])(?:" + "|".join(map(re.escape, words)) + r")(?![\w-])", re.IGNORECASE)
    lower = [word.lower() for word in words]

    def hide(text: str) -> str:
        # Most texts have none of the names, and to find that out so is ten times as fast.
        folded = text.lower()
        return pattern.sub(HIDDEN, text) if any(word in folded for word in lower) else text

    return hide


def names_of_hosts(dossier: Dossier) -> set[str]:
    """Return the names and addresses of hosts. The name of a component is known to the customer, even if a host has it."""
    components = set(dossier.architecture.components)
    named = {name for name in dossier.architecture.hosts if name not in components}
    return named | {host.address for host in dossier.architecture.hosts.values()}
