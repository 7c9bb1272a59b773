"""Read a dossier's file: YAML to plain data with line numbers, safely and as its author meant it.

Only YAML's core schema applies: `true`, `false`, `null` and decimal numbers are typed; everything else is text. So `no`
is Norway, `8:30` a time and `0701234567` a telephone number. The parser's events are read one by one, without composing
nodes, so nesting and aliases are limited before they use memory.
"""

from __future__ import annotations

import math
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from models.dossier.faults import MOST, Fault, Key, Place, Weight, shown

MAX_BYTES = 1_000_000
"""The largest file that is read."""
MAX_DEPTH = 40
"""The deepest nesting; the format itself needs twelve levels."""
MAX_VALUES = 250_000
"""The most values after aliases are expanded; a dossier of 200 hosts has some 10,000."""

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})?(\.[0-9]{0,30})?([eE][-+]?[0-9]{1,3})?")
_WORDS = {
    w: v
    for v, ws in ((None, "null Null NULL ~"), (True, "true True TRUE"), (False, "false False FALSE"))
    for w in ws.split()
}
_UNCLOSED = {
    "found unexpected end of stream",
    "did not find expected ',' or ']'",
    "did not find expected ',' or '}'",
}
_PLAIN_TAGS = {None, "!", "tag:yaml.org,2002:str"}
_SYNTAX = {
    "found character that cannot start any token": (
        "a value starts with a character that YAML keeps for itself, such as @ or `",
        "put quotes around the value",
    ),
    "mapping values are not allowed in this context": (
        "a colon is not allowed here",
        "put quotes around text with a colon and a space, and check the indentation",
    ),
    "could not find expected ':'": ("a key has no colon after it", "write `key: value`"),
    "did not find expected key": (
        "the indentation does not fit, or a quote or bracket is not closed",
        "align it with its neighbours",
    ),
    "found unexpected end of stream": ("a quote is not closed", "close it"),
    "did not find expected ',' or ']'": ("a [ is not closed", "close it with ]"),
    "did not find expected ',' or '}'": ("a { is not closed", "close it with }"),
    "block sequence entries are not allowed in this context": (
        "a list cannot begin here",
        "put the list on lines of its own",
    ),
    "did not find expected '-' indicator": ("the list is indented unevenly", "align every - of a list"),
}


class SourceDocument:
    """The content of one file as plain data, with the line of each entry."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.data: Any = None
        self.faults: list[Fault] = []
        self._lines: dict[int, dict[Key, int]] = {}

    def fault(self, line: int, what: str, fix: str) -> None:
        """Add a fault on a line; after twice `MOST` faults, further ones are dropped."""
        if len(self.faults) >= 2 * MOST:
            return
        self.faults.append(Fault(self.path, line, Weight.ERROR, what, fix))

    def remember(self, container: dict[str, Any] | list[Any], key: Key, line: int) -> None:
        """Record the line of an entry."""
        self._lines.setdefault(id(container), {})[key] = line

    def line(self, place: Place) -> int:
        """Return the line of an entry, or of the nearest surrounding entry that the file contains."""
        line, value = 1, self.data
        for key in place:
            found = self._lines.get(id(value), {}).get(key)
            if found is None:
                break
            line, value = found, value[key]
        return line


def read_document(path: Path) -> SourceDocument:
    """Read a file. The document lists all faults; its data is None if the file is unreadable."""
    document = SourceDocument(str(path))
    text = _read_text(path, document)
    if text is not None:
        _parse(text, document)
    return document


def _read_text(path: Path, document: SourceDocument) -> str | None:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            document.fault(1, "this is not a file", "name a YAML file, or a directory of them")
            return None
        if status.st_size > MAX_BYTES:
            size = f"{status.st_size / 1e6:.1f} MB"
            document.fault(
                1, f"the file has {size}, more than the 1 MB that a dossier may have", "write one file per application"
            )
            return None
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        document.fault(1, f"the file cannot be read: {reason}", "check its name and its permissions")
        return None
    except ValueError:
        document.fault(1, "this is not a file name", "name a YAML file, or a directory of them")
        return None
    return _decode(raw, document)


def _decode(raw: bytes, document: SourceDocument) -> str | None:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        document.fault(1, "the file is written in UTF-16", "save it as UTF-8")
        return None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        document.fault(line, f"the byte 0x{raw[error.start]:02x} is not UTF-8", "save the file as UTF-8")
        return None
    return text


def _parse(text: str, document: SourceDocument) -> None:
    builder = _Builder(document)
    try:
        # Made inside the try: the loader itself refuses characters that YAML does not allow.
        for event in yaml.parse(text, Loader=_LOADER):
            if not builder.take(event):
                break
    except yaml.MarkedYAMLError as error:
        problem = str(error.problem or error.context or "it is not YAML")
        # For a bracket or quote that is never closed, show the place where it was opened.
        marks = (
            [error.context_mark, error.problem_mark]
            if problem in _UNCLOSED
            else [error.problem_mark, error.context_mark]
        )
        mark = next((m for m in marks if m is not None), None)
        what, fix = _SYNTAX.get(
            problem, (f"this is not YAML: {problem}", "check the indentation, quotes and brackets here")
        )
        if problem.startswith(("found character", "found a tab")) and mark is not None and _has_tab(text, mark.line):
            what, fix = "a tab is used for indentation", "indent with spaces"
        # The parser sees the end of a file on a line of its own.
        document.fault(min(mark.line + 1, len(text.splitlines()) or 1) if mark else 1, what, fix)
        return
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, _position(text, error)) + 1
        document.fault(line, f"the character U+{_code(error):04X} is not allowed in YAML", "remove it")
        return
    except (UnicodeError, RecursionError):  # lone surrogates and the like, should the parser let them through
        document.fault(1, "the file contains characters that cannot be read", "save it as UTF-8")
        return
    if document.faults and builder.stopped:
        return
    builder.finish()


def _has_tab(text: str, line: int) -> bool:
    lines = text.split("\n", line + 1)
    return line < len(lines) and "\t" in lines[line]


def _code(error: yaml.reader.ReaderError) -> int:
    character: Any = error.character
    return character if isinstance(character, int) else ord(character[:1] or "\0")


def _position(text: str, error: yaml.reader.ReaderError) -> int:
    # libyaml counts bytes, the pure parser characters; the character itself is the surer sign.
    return max(text.find(chr(_code(error))), 0)


class _Open:
    """A mapping or list whose end has not been read yet."""

    __slots__ = ("anchor", "key", "key_line", "line", "value", "values")

    def __init__(self, value: dict[str, Any] | list[Any], line: int, anchor: str | None) -> None:
        self.value = value
        self.line = line
        self.anchor = anchor
        self.key: object = _NO_KEY
        self.key_line = line
        self.values = 1


_NO_KEY = object()
_REFUSED = object()


class _Builder:
    """Builds data from the parser's events, without recursion."""

    def __init__(self, document: SourceDocument) -> None:
        self._document = document
        self._stack: list[_Open] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._documents = 0
        self.stopped = False

    def take(self, event: yaml.Event) -> bool:
        """Handle the next event; return False if reading should stop."""
        line = event.start_mark.line + 1 if event.start_mark else 1
        match event:
            case yaml.ScalarEvent():
                self._add(self._scalar(event, line), 1 + len(event.value) // 64, line, event.anchor)
            case yaml.MappingStartEvent():
                self._open({}, event, line)
            case yaml.SequenceStartEvent():
                self._open([], event, line)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                closed = self._stack.pop()
                self._add(closed.value, closed.values, closed.line, closed.anchor)
            case yaml.AliasEvent():
                self._alias(event, line)
            case yaml.DocumentStartEvent():
                self._documents += 1
                if self._documents > 1:
                    self._stop(
                        line, "a second document begins here", "write one dossier per file, without a second ---"
                    )
        return not self.stopped

    def finish(self) -> None:
        """Check the complete document."""
        if self._documents == 0 or self._document.data is None:
            self._document.fault(1, "the file is empty", "see docs/dossier.md and docs/changes.md for how to begin")
        elif not isinstance(self._document.data, dict):
            self._document.data = None
            self._document.fault(
                1,
                "the file is not a mapping",
                "begin with fields, as in `application: shop`, each on a line of its own",
            )

    def _stop(self, line: int, what: str, fix: str) -> None:
        self.stopped = True
        self._document.data = None
        self._document.fault(line, what, fix)

    def _scalar(self, event: Any, line: int) -> Any:
        if event.tag not in _PLAIN_TAGS:
            self._refuse_tag(event.tag, line)
            return event.value
        return plain(event.value) if event.implicit[0] else event.value

    def _refuse_tag(self, tag: str, line: int) -> None:
        name = tag.replace("tag:yaml.org,2002:", "!!", 1)
        self._document.fault(
            line, f"the tag {shown(name)} is not allowed", "write the plain value, in quotes if it must stay text"
        )

    def _open(self, value: dict[str, Any] | list[Any], event: Any, line: int) -> None:
        if event.tag not in {None, "!", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}:
            self._refuse_tag(event.tag, line)
        if len(self._stack) >= MAX_DEPTH:
            self._stop(
                line, f"values are nested more than {MAX_DEPTH} deep", "close the brackets, or check the indentation"
            )
            return
        if event.anchor:
            self._anchors.pop(event.anchor, None)
        self._stack.append(_Open(value, line, event.anchor))

    def _alias(self, event: Any, line: int) -> None:
        if any(o.anchor == event.anchor for o in self._stack):
            self._document.fault(
                line, f"the alias *{event.anchor} is inside the value that it repeats", "write the value out"
            )
            self._add(None, 1, line, None)
        elif event.anchor not in self._anchors:
            fix = f"put &{event.anchor} before the value it repeats, or quote it if it is text"
            self._document.fault(line, f"the alias *{event.anchor} repeats nothing", fix)
            self._add(None, 1, line, None)
        else:
            value, values = self._anchors[event.anchor]
            self._add(value, values, line, None)

    def _add(self, value: Any, values: int, line: int, anchor: str | None) -> None:
        """Add a finished value to the container that is being read."""
        if anchor:
            self._anchors[anchor] = (value, values)
        if not self._stack:
            self._document.data = value
            return
        around = self._stack[-1]
        around.values += values
        if around.values > MAX_VALUES:
            self._stop(line, f"the aliases make more than {MAX_VALUES:,} values of this file", "write fewer of them")
            return
        if isinstance(around.value, list):
            self._document.remember(around.value, len(around.value), line)
            around.value.append(value)
        elif around.key is _NO_KEY:
            around.key, around.key_line = self._key(around, value, line), line
        else:
            if around.key is not _REFUSED:
                around.value[str(around.key)] = value
                self._document.remember(around.value, str(around.key), around.key_line)
            around.key = _NO_KEY

    def _key(self, around: _Open, key: Any, line: int) -> object:
        if isinstance(key, dict | list):
            self._document.fault(
                line, "a key is a mapping or a list", "use a name as key; quote text that begins with { or ["
            )
            return _REFUSED
        name = key if isinstance(key, str) else _word(key)
        if name == "<<":
            self._document.fault(
                line, "merge keys (<<) are not supported", "write the fields out, or repeat a whole value by *alias"
            )
            return _REFUSED
        if name in around.value:
            first = self._document._lines[id(around.value)][name]
            what = f"{shown(name)} appears twice: on line {first} and on line {line}"
            self._document.fault(line, what, "remove or rename one of them")
            return _REFUSED
        return name


def _word(key: object) -> str:
    return {None: "null", True: "true", False: "false"}[key] if key is None or isinstance(key, bool) else str(key)


def plain(text: str) -> Any:
    """Return the value of an unquoted scalar in YAML's core schema. Numbers with leading zeros and infinite numbers
    stay text.
    """
    if not text:
        return None
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789":
        return text
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text) and any(c.isdigit() for c in text.lower().split("e")[0]):
        number = float(text)
        return number if math.isfinite(number) else text
    return text


def walk(value: Any, pattern: tuple[str, ...], place: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Yield every value in plain data that a pattern matches; `*` matches any key or index."""
    if not pattern:
        yield place, value
    elif pattern[0] == "*":
        entries: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, entry in entries:
            yield from walk(entry, pattern[1:], (*place, key))
    elif isinstance(value, dict) and pattern[0] in value:
        yield from walk(value[pattern[0]], pattern[1:], (*place, pattern[0]))
