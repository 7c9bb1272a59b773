"""What a check finds."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from models.base import Model


class Verdict(StrEnum):
    """What a check comes to."""

    OK = "ok"
    NOTE = "note"
    """Nothing is wrong; it is worth knowing."""
    WARNING = "warning"
    """It works, and something should be mended."""
    WRONG = "wrong"
    """It does not work as it stands."""


class Finding(Model):
    """One line of the diagnosis."""

    check: str
    """What was looked at."""
    verdict: Verdict
    said: str
    """What was seen, in one sentence."""
    mend: str = ""
    """How to put it right."""


class Diagnosis(Model):
    """All findings."""

    healthy: bool
    """Whether nothing is wrong."""
    findings: list[Finding]


def ok(check: str, said: str) -> Finding:
    """All is well."""
    return Finding(check=check, verdict=Verdict.OK, said=said)


def note(check: str, said: str, mend: str = "") -> Finding:
    """Worth knowing."""
    return Finding(check=check, verdict=Verdict.NOTE, said=said, mend=mend)


def warning(check: str, said: str, mend: str) -> Finding:
    """Should be mended."""
    return Finding(check=check, verdict=Verdict.WARNING, said=said, mend=mend)


def wrong(check: str, said: str, mend: str) -> Finding:
    """Does not work."""
    return Finding(check=check, verdict=Verdict.WRONG, said=said, mend=mend)


def named(ids: Sequence[str]) -> str:
    """The first three of them, and how many more there are."""
    return ", ".join(ids[:3]) + (f" and {len(ids) - 3} more" if len(ids) > 3 else "")
