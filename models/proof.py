"""Proofs of instructions: their last rehearsal, run and failure, and whether an instruction still counts as proven."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from models.base import ApplicationId, Duration, Model, format_duration


class Use(StrEnum):
    """The way in which an instruction was used."""

    REHEARSED = "rehearsed"
    REHEARSAL_FAILED = "rehearsal-failed"
    CARRIED_OUT = "carried-out"
    DID_NOT_HELP = "did-not-help"
    """Carried out completely, without a failed command, but the fault remained."""
    FAILED = "failed"
    """A command of the instruction failed."""


_WENT_WELL = (Use.REHEARSED, Use.CARRIED_OUT, Use.DID_NOT_HELP)
"""Uses that show that an instruction can be carried out as it is written."""


def use_of(well: bool, *, rehearsed: bool) -> Use:
    """Return the use to record for success or failure."""
    if rehearsed:
        return Use.REHEARSED if well else Use.REHEARSAL_FAILED
    return Use.CARRIED_OUT if well else Use.FAILED


class ProofRecord(Model):
    """A use of an instruction as its operation reports it to the records; keyed by instruction and operation."""

    type: Literal["proof"] = "proof"
    application: ApplicationId
    instruction: Annotated[str, Field(min_length=1, max_length=200)]
    """Such as `remedy/web-down/restart`."""
    use: Use
    operation: str
    """The workflow id of the operation."""
    run: str
    """The run id of the operation."""
    dossier: str
    """The digest of the dossier with the instruction."""
    at: datetime


class Proof(Model):
    """A recorded use of an instruction."""

    use: Use
    at: datetime
    operation: str
    dossier: str
    """The digest of the dossier."""
    digest: str
    """The digest of the steps, and of the way in which the components they name are started and stopped."""


class Freshness(Model):
    """The evidence that an instruction works."""

    application: str
    instruction: str
    title: str
    digest: str
    fresh_for: Duration | Literal["always"]
    rehearsed: Proof | None = None
    """The last rehearsal."""
    carried_out: Proof | None = None
    did_not_help: Proof | None = None
    """The last complete run that did not fix the fault."""
    failed: Proof | None = None
    """The last run or rehearsal that failed."""
    stale: str = ""
    """The reason why automatic use needs an approval; empty: the instruction is proven."""


def freshness(
    application: str,
    instruction: str,
    title: str,
    digest: str,
    fresh_for: timedelta | Literal["always"],
    proofs: Sequence[Proof],
    now: datetime,
) -> Freshness:
    """Judge an instruction by its uses; uses of another version of its steps do not count."""
    latest = {use: max((p for p in proofs if p.use is use), key=lambda p: p.at, default=None) for use in Use}
    failures = [p for use in (Use.FAILED, Use.REHEARSAL_FAILED) if (p := latest[use]) is not None]
    return Freshness(
        application=application,
        instruction=instruction,
        title=title,
        digest=digest,
        fresh_for=fresh_for,
        rehearsed=latest[Use.REHEARSED],
        carried_out=latest[Use.CARRIED_OUT],
        did_not_help=latest[Use.DID_NOT_HELP],
        failed=max(failures, key=lambda p: p.at, default=None),
        stale="" if fresh_for == "always" else _stale(digest, fresh_for, proofs, now),
    )


def _stale(digest: str, fresh_for: timedelta, proofs: Sequence[Proof], now: datetime) -> str:
    ours = [p for p in proofs if p.digest == digest]
    good, failed = _last(ours, *_WENT_WELL), _last(ours, Use.FAILED)
    # A rehearsal runs only read-only commands, and not the command that failed. But it is a decision of a person, who has seen
    # the failure and lets the instruction be used again.
    if failed is not None and (good is None or good.at < failed.at):
        return f"it failed when it was last carried out, on {failed.at:%Y-%m-%d}"
    if good is None:
        before = _last(proofs, *_WENT_WELL)
        if before is None:
            return "it was never rehearsed, nor carried out"
        return f"it was changed since it was last proven, on {before.at:%Y-%m-%d}"
    unrehearsable = _last(ours, Use.REHEARSAL_FAILED)
    if unrehearsable is not None and unrehearsable.at > good.at:
        return f"its last rehearsal failed, on {unrehearsable.at:%Y-%m-%d}"
    if now - good.at > fresh_for:
        return f"it was last proven on {good.at:%Y-%m-%d}, more than {format_duration(fresh_for)} ago"
    return ""


def _last(proofs: Sequence[Proof], *uses: Use) -> Proof | None:
    return max((p for p in proofs if p.use in uses), key=lambda p: p.at, default=None)
