"""Splits a JSON text into its messages without parsing the whole text.

Thus a message that is malformed, too large or nested too deeply does not spoil the other ones, and a text of any size needs
little memory.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_IN_STRING: Final = re.compile(r'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
_MARK: Final = re.compile(r'["\[\]{},]')
_LONGEST_KEY: Final = 200


@dataclass(frozen=True, slots=True)
class Piece:
    """The text of one message."""

    text: str
    cut: bool = False
    """Whether the text was longer than the limit."""


class _Parts:
    """A text that grows up to a limit. It is one buffer, because many short strings need far more memory."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._text = io.StringIO(newline="")
        self._size = 0
        self._cut = False

    def add(self, text: str) -> None:
        fits = text[: max(self._limit - self._size, 0)]
        self._cut |= len(fits) < len(text)
        if fits:
            self._text.write(fits)
            self._size += len(fits)

    def take(self) -> Piece | None:
        """Return the text and empty the buffer; None if the text is blank."""
        piece = Piece(self._text.getvalue(), self._cut)
        self._text = io.StringIO(newline="")
        self._size, self._cut = 0, False
        return piece if piece.text.strip(" \t\r\n\ufeff") else None


class Splitter:
    """Splits a text that arrives in chunks into messages.

    With a `list_key`, the messages are the elements of the list under this key of the outermost object. Without one, they are
    the elements of the outermost list, or, if there is no list, the outermost values.
    """

    def __init__(self, list_key: str | None, limit: int) -> None:
        """Keep at most `limit` characters of each message, and of the text around the messages."""
        self._list_key = list_key
        self._piece, self._around = _Parts(limit), _Parts(limit)
        self._depth = 0
        self._list_depth = 0 if list_key is None else -1
        """The nesting depth of the list's elements; -1 while the list has not been found."""
        self._found = False
        self.unfinished = False
        """Whether the text ended within a message."""
        self._begun = False
        self._in_string = False
        self._string = ""
        self._carried = ""

    def feed(self, chunk: str) -> Iterator[Piece]:
        """Add a chunk, and yield each message that it completes."""
        text, self._carried = self._carried + chunk, ""
        at = 0
        while at < len(text):
            if self._in_string:
                found = _IN_STRING.match(text, at)
                end = found.end() if found else at
                self._string = (self._string + text[at:end])[:_LONGEST_KEY]
                if end == len(text) or text[end] == "\\":  # the other half of an escape is in the next chunk
                    self._carried = text[end:]
                    self._keep(text[at:end])
                    return
                self._in_string = False
                self._keep(text[at : end + 1])
                at = end + 1
                continue
            mark = _MARK.search(text, at)
            end = mark.start() if mark else len(text)
            self._keep(text[at:end])
            if mark is None:
                return
            if piece := self._take(text[end]):
                yield piece
            at = end + 1

    def finish(self) -> Iterator[Piece]:
        """End the text, and yield the message that is not complete."""
        self._keep(self._carried)
        if piece := self._piece.take():
            self.unfinished = True
            yield piece

    def around(self) -> Piece | None:
        """Return the text around the messages, with their list left empty; None if there is no such text or no list."""
        return self._around.take()

    @property
    def found(self) -> bool:
        """Return whether the list of messages has been found."""
        return self._found

    def _take(self, mark: str) -> Piece | None:
        """Add a quote, bracket, brace or comma, and return the message that it completes, or None."""
        outermost = not self._begun
        self._begun = True
        if mark == '"':
            self._in_string, self._string = True, ""
            self._keep(mark)
        elif mark in "[{":
            if mark == "[" and self._begins_list(outermost):
                self._list_depth = -1
                self._piece.take()  # blanks before the list
                self._keep(mark)
                self._depth += 1
                self._list_depth, self._found = self._depth, True
                return None
            self._keep(mark)
            self._depth += 1
        elif mark == ",":
            if self._inside and self._depth == self._list_depth > 0:
                return self._piece.take()
            self._keep(mark)
        else:
            return self._close(mark)
        return None

    def _close(self, mark: str) -> Piece | None:
        if self._inside and self._depth == self._list_depth > 0 and mark == "]":
            piece = self._piece.take()
            self._depth -= 1
            self._list_depth = -1
            self._keep(mark)
            return piece
        self._depth = max(self._depth - 1, 0)
        self._keep(mark)
        return self._piece.take() if self._inside and self._depth == self._list_depth == 0 else None

    def _begins_list(self, outermost: bool) -> bool:
        if self._found:
            return False
        if self._list_key is None:
            return outermost and self._list_depth == 0
        return self._depth == 1 and self._string == self._list_key

    @property
    def _inside(self) -> bool:
        return self._list_depth >= 0

    def _keep(self, text: str) -> None:
        (self._piece if self._inside and self._depth >= self._list_depth else self._around).add(text)
