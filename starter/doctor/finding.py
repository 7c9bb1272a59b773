"""The findings of checks."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from models.base import Model


class Verdict(StrEnum):
    """The result of a check."""

    OK = "ok"
    NOTE = "note"
    """Nothing is wrong, but people should know it."""
    WARNING = "warning"
    """It works, and something should be fixed."""
    WRONG = "wrong"
    """It does not work."""


class Finding(Model):
    """The result of one check, with its text and the fix."""

    check: str
    """The part that was checked."""
    verdict: Verdict
    said: str
    """The result, in one sentence."""
    fix: str = ""
    """The way to fix the fault."""


class Diagnosis(Model):
    """All findings of an examination."""

    healthy: bool
    """Whether no finding is wrong; warnings and notes are allowed."""
    findings: list[Finding]


def ok(check: str, said: str) -> Finding:
    """Return a finding without a fault."""
    return Finding(check=check, verdict=Verdict.OK, said=said)


def note(check: str, said: str, fix: str = "") -> Finding:
    """Return a finding that people should know, without a fault."""
    return Finding(check=check, verdict=Verdict.NOTE, said=said, fix=fix)


def warning(check: str, said: str, fix: str) -> Finding:
    """Return a finding that somebody should fix, although the part works."""
    return Finding(check=check, verdict=Verdict.WARNING, said=said, fix=fix)


def wrong(check: str, said: str, fix: str) -> Finding:
    """Return a finding about a part that does not work."""
    return Finding(check=check, verdict=Verdict.WRONG, said=said, fix=fix)


def named(ids: Sequence[str]) -> str:
    """Return the first three names, and the number of further ones."""
    return ", ".join(ids[:3]) + (f" and {len(ids) - 3} more" if len(ids) > 3 else "")
