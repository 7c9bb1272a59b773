"""Makes text from hosts, alarms and people harmless: shows invisible characters, and escapes markup."""

from __future__ import annotations

import re
import unicodedata

_MARKUP = re.compile(r"([\\`*_\[\]<>|~$&])")

_AT_START = re.compile(r"^(#|\+|-|=|!|\d+(?=[.)]))")
"""The marks that make a heading, a list or a rule at the beginning of a paragraph; they are escaped only there."""

_ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
"""Colours and cursor movements of terminals, which mean nothing on paper."""

_UNSEEN = re.compile(
    # Controls except newline and tab, and characters that only change other text: direction, width, joining, tags.
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)


def visible(text: str) -> str:
    """Return a text with controls and direction marks written out as `⟨U+202E⟩`, so that they cannot deceive readers."""
    clean = _ANSI.sub("", text).replace("\r\n", "\n")
    return _UNSEEN.sub(lambda m: f"⟨U+{ord(m[0]):04X}⟩", unicodedata.normalize("NFC", clean))


def cell(text: str) -> str:
    """Return a text for a cell of a Markdown table, or for a paragraph: one line, with its markup escaped."""
    lines = [" ".join(line.split()) for line in visible(text).split("\n")]
    return " / ".join(_escaped(line) for line in lines if line)


def _escaped(line: str) -> str:
    text = _MARKUP.sub(r"\\\1", line)
    text = _AT_START.sub(lambda m: f"{m[0]}\\" if m[0].isdigit() else f"\\{m[0]}", text)
    # A link that somebody put into an alarm must not become one that an auditor can click.
    return text.replace("://", "\\://").replace("www.", "www\\.")


def fenced(text: str, info: str = "") -> str:
    """Return a block that shows the text as it is; its fence is longer than any in the text."""
    shown = visible(text).replace("\t", "    ").rstrip("\n")
    longest = max((len(run) for run in re.findall(r"`+", shown)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{info}\n{shown}\n{fence}"
