"""Lines of logs as templates: the text without its numbers, addresses and names, so that repeated lines count as one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_MASKS: Final = (
    (re.compile(r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b"), "<id>"),
    (re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b"), "<address>"),
    (re.compile(r"\"[^\"]{0,200}\"|'[^']{0,200}'"), "<text>"),
    (re.compile(r"(?<![\w.])/[\w./@:+~-]+"), "<path>"),
    (re.compile(r"\b(?:0x)?[0-9a-fA-F]*\d[0-9a-fA-F]{5,}\b"), "<id>"),
    (re.compile(r"[-+]?\d+(?:[.,:]\d+)*"), "<n>"),
)
_LONGEST: Final = 500
_MORE: Final = 3.0
"""A template counts as more frequent than usual from this factor on."""
_FEWEST: Final = 3


@dataclass(frozen=True, slots=True)
class UnusualTemplate:
    """A template that appeared in the incident, and not or seldom before."""

    template: str
    times: int
    expected: float
    """How often it would have appeared in the incident, had nothing changed."""


def template(line: str) -> str:
    """Return a line without what differs from one time to the next."""
    text = line[:_LONGEST]
    for mask, name in _MASKS:
        text = mask.sub(name, text)
    return " ".join(text.split())


def unusual(quiet: Iterable[str], incident: Iterable[str]) -> list[UnusualTemplate]:
    """Return the templates that are new or much more frequent in the incident, the most surprising first.

    Both samples are compared by their shares of all lines, because nobody knows how long each lasted.
    """
    before, during = Counter(map(template, quiet)), Counter(map(template, incident))
    scale = during.total() / before.total() if before else 0.0
    found = [UnusualTemplate(text, times, before[text] * scale) for text, times in during.items() if text]
    found = [one for one in found if one.expected == 0 or (one.times >= _FEWEST and one.times >= _MORE * one.expected)]
    return sorted(found, key=lambda one: (one.expected > 0, -one.times / (one.expected + 1), one.template))
