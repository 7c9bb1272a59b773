"""Text from hosts, alarms and people, made harmless: what cannot be seen is made visible, what is markup is escaped."""

from __future__ import annotations

import re
import unicodedata

_MARKUP = re.compile(r"([\\`*_\[\]<>|~$&])")

_AT_START = re.compile(r"^(#|\+|-|=|!|\d+(?=[.)]))")
"""What makes a heading, a list or a rule of a paragraph; elsewhere it is left as it reads best."""

_ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
"""Colours and cursor movements of terminals; they say nothing on paper."""

_UNSEEN = re.compile(
    # Controls but newline and tab, and what only changes how other text looks: direction, width, joining, tags.
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)


def visible(text: str) -> str:
    """The text with controls and direction marks written out as `⟨U+202E⟩`, so that none deceives whoever reads it."""
    clean = _ANSI.sub("", text).replace("\r\n", "\n")
    return _UNSEEN.sub(lambda m: f"⟨U+{ord(m[0]):04X}⟩", unicodedata.normalize("NFC", clean))


def cell(text: str) -> str:
    """A text for a cell of a Markdown table, or for a paragraph: one line, its markup escaped."""
    lines = [" ".join(line.split()) for line in visible(text).split("\n")]
    return " / ".join(_escaped(line) for line in lines if line)


def _escaped(line: str) -> str:
    text = _MARKUP.sub(r"\\\1", line)
    text = _AT_START.sub(lambda m: f"{m[0]}\\" if m[0].isdigit() else f"\\{m[0]}", text)
    # A link that somebody put into an alarm must not become one that an auditor can click.
    return text.replace("://", "\\://").replace("www.", "www\\.")


def fenced(text: str, info: str = "") -> str:
    """A block that is shown as it is; its fence is longer than any in the text."""
    shown = visible(text).replace("\t", "    ").rstrip("\n")
    longest = max((len(run) for run in re.findall(r"`+", shown)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{info}\n{shown}\n{fence}"
