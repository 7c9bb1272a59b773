"""Text for the Temporal UI: short Markdown in which third-party text is sanitized."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import cache

from models.base import Model, format_duration
from models.lease import RUNBOOK_HOLDER
from models.names import workflow_path
from models.operation_kinds import operation_kinds

DETAILS_LIMIT = 4000
"""Characters of *Current Details*, which is meant for a page and not for a log."""

_GOES_ON = "\u21aa"

_WIDE = 56
"""Characters of a line in a code block that the UI shows without cutting it."""

_MARKUP = re.compile(r"([\\`*_{}\[\]()#+!|<>~$])")


_AS_READ = str.maketrans({"<": "\u2039", ">": "\u203a", "[": "(", "]": ")", "`": "'", "*": "\u2217", "|": "/"})
_ADDRESS = re.compile(r"(?i)(://|\bwww\.)")
_FENCE = re.compile(r"^(`{3,})(\w*)$", re.MULTILINE)
_ENTITY = re.compile(r"&(?=#?\w+;)")
"""Markdown renders `&rlm;` as a character: one that reverses the direction of writing, for example."""


_TICK = "\\`"
"""The mark of a command as `plain` escapes it."""

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@cache
def _named() -> re.Pattern[str]:
    """Matches the workflow ids in a text of `plain`: ids as we make them, and in brackets that of a halt, or a UUID.

    An id that was cut off does not match.
    """
    kinds = "|".join(["inc", RUNBOOK_HOLDER, *operation_kinds()])
    return re.compile(
        rf"(?<![\w./-])(?:(?:{kinds})(?:\.[a-z0-9-]+){{2}}\.(?>[A-Za-z0-9.:-]*[A-Za-z0-9])|major\.\d{{4}}-\d\d-\d\d\.\d++)"
        rf"(?![\w-]|[.:]*…)|(?<=\\\()(?:halt(?:\.[a-z][a-z0-9-]*)?(?=\\\))|{_UUID.pattern}(?![\w-]|[.:]*…))"
    )


def summary_line(text: str, limit: int = 200) -> str:
    """Third-party text as a summary, which reads the same as Markdown and as plain text: one line without markup or links."""
    line = _without_links(_printable(text)).translate(_AS_READ).lstrip("#-+ ")
    return line if len(line) <= limit else line[: limit - 1] + "…"


def _printable(text: str) -> str:
    # Replaces control characters, and characters that reverse the direction of writing or have no width.
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _without_links(text: str) -> str:
    """The text with a space in bare addresses and entities, so that the UI renders neither links nor special characters."""
    text = _ENTITY.sub("& ", text)
    return _ADDRESS.sub(lambda found: ": //" if found[0] == "://" else found[0][:-1] + " .", text)


def plain(text: str, limit: int = 300) -> str:
    """Sanitize third-party text for Markdown: one line, cut to `limit` characters, its markup escaped."""
    line = _without_links(_printable(text))
    return _MARKUP.sub(r"\\\1", line if len(line) <= limit else line[: limit - 1] + "…")


def link(id: str, title: str = "") -> str:
    """A link that opens a workflow in the UI, in a new tab. Its text is the id, or the title if the id is a UUID."""
    shown = (title or "its page") if _UUID.fullmatch(id) else id
    return f"[{plain(shown)}]({workflow_path('{namespace}', id)})"


def linked(text: str, limit: int = 300) -> str:
    """Third-party text like `plain`, with links on all workflow ids outside of commands."""
    parts = plain(text, limit).split(_TICK)
    return _TICK.join(
        part if number % 2 else _named().sub(lambda found: link(found[0]), part) for number, part in enumerate(parts)
    )


_LONGEST_PATH = 26
"""Characters of a path in a table: a longer one pushes the other columns out of the page."""


def narrow(text: str) -> str:
    """A text for a table, in which a long path keeps its beginning and its end."""
    half = _LONGEST_PATH // 2 - 1
    words = text.split(" ")
    return " ".join(f"{w[:half]}…{w[-half:]}" if "/" in w and len(w) > _LONGEST_PATH else w for w in words)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; the cells are Markdown already. Empty without rows."""
    body = [_row(row) for row in rows]
    return "\n".join([_row(head), "|" + ":---|" * len(head), *body]) if body else ""


def _row(cells: Sequence[str]) -> str:
    # The UI gives cells no room of their own; an em space keeps the columns apart.
    return "| " + " | ".join(f"{cell}\u2003" for cell in cells) + " |"


def page(*parts: str) -> str:
    """Join the parts that are not empty, and cut the page to `DETAILS_LIMIT` characters."""
    text = "\n\n".join(part for part in parts if part)
    return text if len(text) <= DETAILS_LIMIT else _cut(text[: DETAILS_LIMIT - 20]) + "\n\n… (cut)"


def _cut(text: str) -> str:
    """Remove the block or line in which a cut text ends: half a message is refused when it is pasted, and half a link does not
    work.
    """
    begun, fence = len(text), ""
    for found in _FENCE.finditer(text):
        if not fence:
            begun, fence = found.start(), found[1]
        elif found[1] == fence and not found[2]:
            begun, fence = len(text), ""
    whole = text[:begun] if begun < len(text) else text.rpartition("\n")[0] or text
    return whole.rstrip()


def visible(text: str) -> str:
    """A text with its line breaks and tabs; invisible characters become their numbers, as in `<U+202E>`."""
    return "".join(c if c.isprintable() or c in "\n\t" else f"<U+{ord(c):04X}>" for c in text)


def block(text: str, limit: int = 1500) -> tuple[str, int]:
    """Third-party text unchanged in a code block of about `limit` characters, and the number of lines left out.

    Outside of a block the UI turns `--` into a dash and `'` into curly quotes. A line that is wider than the page continues on
    the next line, after a mark that no text can forge.
    """
    shown = visible(text).replace(_GOES_ON, f"<U+{ord(_GOES_ON):04X}>")
    rows = [row for line in shown.strip("\n").split("\n") for row in _rows(line)]
    taken, size = 0, 0
    while taken < len(rows) and (not taken or size + len(rows[taken]) < limit):
        size += len(rows[taken]) + 1
        taken += 1
    fence = "`" * max([3, *(len(run) + 1 for run in re.findall("`+", shown))])
    return "\n".join([fence + "text", *rows[:taken], fence]), len(rows) - taken


def _rows(line: str) -> list[str]:
    rest, mark, rows = line.expandtabs(4), "", []
    while len(mark) + len(rest) > _WIDE:
        room = _WIDE - len(mark)
        at = rest.rfind(" ", room // 2, room) + 1 or room  # between words, where one ends
        rows.append(mark + rest[:at])
        rest, mark = rest[at:], f"{_GOES_ON} "
    return [*rows, mark + rest]


def stamp(moment: datetime, now: datetime) -> str:
    """A time for a timeline: without its date on the day of `now`, with the date before that day."""
    return f"{moment:%H:%M:%S}" if moment.date() == now.date() else f"{moment:%m-%d %H:%M}"


def sample(message: Model) -> str:
    """A message as JSON for an operator to paste."""
    return json.dumps(message.model_dump(mode="json", exclude_defaults=True), ensure_ascii=False, indent=2)


def paste(update: str, message: Model) -> str:
    """How to send an update, as the end of a sentence, with the message to copy from the page.

    Each field has a line of its own: after a paste of one single line, the UI loses the first click on Submit.
    """
    text = sample(message).replace("```", "'''")
    press = f"press *More Actions*, *Send an Update*, choose `{update}`, and paste this, with your own address as `by`:"
    return f"{press}\n\n```json\n{text}\n```"


def span(measured: timedelta) -> str:
    """A measured duration for people: tenths of a second below ten seconds, whole seconds from there."""
    seconds = measured.total_seconds()
    return format_duration(timedelta(seconds=round(seconds, 1) if seconds < 9.95 else round(seconds)))
