"""The answer of the job script on the host: one line of words, then output streams; a random mark finds it in other
output.
"""

from __future__ import annotations

from dataclasses import dataclass

from models.jobs import EXCERPT_LIMIT, STREAM_LIMIT

_SECTIONS = 4
_MOST_NOTES = 12
_IN_PASSING = ("here", "late", "beat", "note")
"""Words before the answer: the remote script has begun, and remarks about its places."""
_MOST = 2 * (STREAM_LIMIT + EXCERPT_LIMIT) + 64 * 1024


@dataclass(frozen=True)
class RemoteAnswer:
    """The answer of the remote script."""

    kind: str
    """`done`, `checked`, `nothing-to-do`, `not-begun` or `refused`."""
    words: list[str]
    streams: tuple[bytes, bytes, bytes, bytes] = (b"", b"", b"", b"")
    """The beginning and the separate end of standard output, then of standard error."""
    whole: bool = True
    """Whether the streams are complete."""
    notes: tuple[str, ...] = ()
    """Remarks of the host about its places for jobs: `full /home`, `kept /tmp/driftvakt-app`."""


class AnswerReader:
    """Reads bytes as they arrive, and holds the answer when it is complete. Memory stays below 2.2 MiB for any
    input.
    """

    def __init__(self, mark: str) -> None:
        self._mark = mark.encode()
        self._buffer = bytearray()
        self._header: list[str] | None = None
        self._sections: list[bytes] = []
        self._notes: tuple[str, ...] = ()
        self.answered = False
        """Whether our script has answered at all; output before its first word is a greeting."""
        self.asked = False
        """Whether the late remote script waits for a confirmation before it begins."""
        self.answer: RemoteAnswer | None = None

    @property
    def partial(self) -> RemoteAnswer | None:
        """Return the incomplete answer, if its line of words was complete."""
        if self._header is None:
            return None
        parts = [*self._sections, bytes(self._buffer), b"", b"", b"", b""]
        return RemoteAnswer(
            self._header[0], self._header[1:], (parts[0], parts[1], parts[2], parts[3]), False, self._notes
        )

    def feed(self, data: bytes) -> None:
        """Read the next bytes; raise ValueError if they cannot be an answer."""
        self._buffer += data
        while self.answer is None and (self._take_section() if self._header else self._take_line()):
            pass
        if len(self._buffer) > _MOST:
            raise ValueError("the host's answer has no end")

    def _take_line(self) -> bool:
        start = self._buffer.find(self._mark)
        if start < 0:
            del self._buffer[: -len(self._mark)]
            return False
        self.answered = True
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
            self.answer = RemoteAnswer(words[0], words[1:], notes=self._notes)
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
        self.answer = RemoteAnswer(self._header[0], self._header[1:], (first, second, third, fourth), notes=self._notes)
        return False
