"""The documents of a notice: what a channel can carry, and what its text must say about the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from models.channels import Channel
from models.documents import DocumentFile


@dataclass(frozen=True)
class Enclosing:
    """The documents of one notice to one receiver."""

    attached: Sequence[DocumentFile] = ()
    too_large: Sequence[DocumentFile] = ()
    """They would make the message larger than the channel carries."""
    not_carried: Sequence[DocumentFile] = ()
    """The channel carries text only."""


def enclosing(files: Sequence[DocumentFile], channel: Channel | None) -> Enclosing:
    """Return which of these documents go with a notice by a channel, the first ones as far as there is room.

    None stands for a channel that cannot be used.
    """
    if channel is None or not channel.carries:
        return Enclosing(not_carried=files)
    attached: list[DocumentFile] = []
    too_large: list[DocumentFile] = []
    room = channel.carries
    for file in files:
        fits = file.size <= room
        (attached if fits else too_large).append(file)
        room -= file.size if fits else 0
    return Enclosing(attached, too_large)


def size_text(count: int) -> str:
    """Return a number of bytes for people, in any language: `212 kB`."""
    if count < 1000:
        return f"{count} B"
    return f"{round(count / 1000)} kB" if count < 999_500 else f"{round(count / 1_000_000)} MB"
