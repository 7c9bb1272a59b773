"""The answer of the far side's job script: one line of words, then output streams, found by a random mark in any noise."""

from __future__ import annotations

from dataclasses import dataclass

from models.jobs import EXCERPT_LIMIT, STREAM_LIMIT

_SECTIONS = 4
_MOST_NOTES = 12
_IN_PASSING = ("here", "late", "beat", "note")
"""Words before the answer: that the far side is there, and notes of its places."""
_MOST = 2 * (STREAM_LIMIT + EXCERPT_LIMIT) + 64 * 1024


@dataclass(frozen=True)
class FarSideAnswer:
    """What the far side said."""

    kind: str
    """`done`, `checked`, `nothing-to-do`, `not-begun` or `refused`."""
    words: list[str]
    streams: tuple[bytes, bytes, bytes, bytes] = (b"", b"", b"", b"")
    """The beginning and the separate end of standard output, then of standard error."""
    whole: bool = True
    """Whether the streams came over to their end."""
    notes: tuple[str, ...] = ()
    """What the host said beside it of its places for jobs: `full /home`, `kept /tmp/driftvakt-app`."""


class AnswerReader:
    """Fed with bytes as they come; holds the answer once it is whole. Memory stays below 2.2 MiB whatever comes."""

    def __init__(self, mark: str) -> None:
        self._mark = mark.encode()
        self._buffer = bytearray()
        self._header: list[str] | None = None
        self._sections: list[bytes] = []
        self._notes: tuple[str, ...] = ()
        self.heard = False
        """Whether our script said anything at all; what came before its first word is a greeting."""
        self.asked = False
        """Whether the far side, late, waits to hear that we are still there before it begins."""
        self.answer: FarSideAnswer | None = None

    @property
    def partial(self) -> FarSideAnswer | None:
        """The answer as far as it came, when its line of words was whole."""
        if self._header is None:
            return None
        parts = [*self._sections, bytes(self._buffer), b"", b"", b"", b""]
        return FarSideAnswer(
            self._header[0], self._header[1:], (parts[0], parts[1], parts[2], parts[3]), False, self._notes
        )

    def feed(self, data: bytes) -> None:
        """Take the next bytes; raise ValueError when they cannot be an answer."""
        self._buffer += data
        while self.answer is None and (self._take_section() if self._header else self._take_line()):
            pass
        if len(self._buffer) > _MOST:
            raise ValueError("the host's answer does not end")

    def _take_line(self) -> bool:
        start = self._buffer.find(self._mark)
        if start < 0:
            del self._buffer[: -len(self._mark)]
            return False
        self.heard = True
        end = self._buffer.find(b"\n", start)
        if end < 0:
            return False
        words = self._buffer[start + len(self._mark) : end].decode(errors="replace").split()
        del self._buffer[: end + 1]
        if words[:1] == ["late"]:
            self.asked = True
        if words[:1] == ["note"]:
            self._notes = (*self._notes, " ".join(words[1:]))[:_MOST_NOTES]
        if not words or words[0] in _IN_PASSING:
            return True
        if words[0] != "done":
            self.answer = FarSideAnswer(words[0], words[1:], notes=self._notes)
            return False
        self._header = words
        return True

    def _take_section(self) -> bool:
        assert self._header is not None
        end = self._buffer.find(self._mark)
        if end < 0:
            return False
        self._sections.append(bytes(self._buffer[:end]))
        del self._buffer[: end + len(self._mark)]
        if len(self._sections) < _SECTIONS:
            return True
        first, second, third, fourth = self._sections
        self.answer = FarSideAnswer(
            self._header[0], self._header[1:], (first, second, third, fourth), notes=self._notes
        )
        return False
