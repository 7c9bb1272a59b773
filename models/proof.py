"""Proof of instructions: when each was last rehearsed, carried out or failed, and whether that still says that it works."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from models.base import ApplicationId, Duration, Model, format_duration


class Use(StrEnum):
    """What was done with an instruction."""

    REHEARSED = "rehearsed"
    REHEARSAL_FAILED = "rehearsal-failed"
    CARRIED_OUT = "carried-out"
    DID_NOT_HELP = "did-not-help"
    """Carried out as written, without any command failing, and what it was for was still ill afterwards."""
    FAILED = "failed"
    """A command of it failed."""


_WENT_WELL = (Use.REHEARSED, Use.CARRIED_OUT, Use.DID_NOT_HELP)
"""Uses that show that an instruction can be carried out as it is written."""


def use_of(well: bool, *, rehearsed: bool) -> Use:
    """What to keep of a use that went well, or did not."""
    if rehearsed:
        return Use.REHEARSED if well else Use.REHEARSAL_FAILED
    return Use.CARRIED_OUT if well else Use.FAILED


class ProofRecord(Model):
    """A use of an instruction, as whoever used it tells the records; keyed by instruction and operation."""

    type: Literal["proof"] = "proof"
    application: ApplicationId
    instruction: Annotated[str, Field(min_length=1, max_length=200)]
    """As in `remedy/web-down/restart`."""
    use: Use
    operation: str
    """Workflow id."""
    run: str
    """Its run id."""
    dossier: str
    """Digest of the dossier that it was taken from."""
    at: datetime


class Proof(Model):
    """A use of an instruction, as it is known."""

    use: Use
    at: datetime
    operation: str
    dossier: str
    """Digest of the dossier."""
    digest: str
    """Digest of what was carried out: the steps, and how the components they name are started and stopped."""


class Freshness(Model):
    """How well an instruction is proven."""

    application: str
    instruction: str
    title: str
    digest: str
    fresh_for: Duration | Literal["always"]
    rehearsed: Proof | None = None
    """The last time."""
    carried_out: Proof | None = None
    did_not_help: Proof | None = None
    """The last time that all of it was carried out and did not put anything right."""
    failed: Proof | None = None
    """The last time that carrying it out, or rehearsing it, failed."""
    stale: str = ""
    """Why it asks before it is used unattended; nothing: it is proven."""


def freshness(
    application: str,
    instruction: str,
    title: str,
    digest: str,
    fresh_for: timedelta | Literal["always"],
    proofs: Sequence[Proof],
    now: datetime,
) -> Freshness:
    """Judge an instruction by its uses; those of another wording of it prove nothing of this one."""
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
    # A rehearsal runs what only looks, and not the command that failed; but nobody rehearses by accident: a person has seen
    # the failure and says with it that the instruction may be used again.
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
