"""The versions of a dossier that were in force, and which of them decides on a target at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from models.availability import AvailabilityEvents
from models.dossier.availability import AvailabilityTarget
from models.dossier.dossier import Dossier
from models.errors import UserError


class DossierInUse(NamedTuple):
    """A version of a dossier from the moment on at which it came into force; None: from the beginning of time."""

    since: datetime | None
    dossier: Dossier


class TargetVersions:
    """The versions of one target, over the versions of the dossier."""

    def __init__(self, name: str, versions: Sequence[DossierInUse]) -> None:
        """`versions`: in order; at least one has the target."""
        self.name = name
        having = [place for place, one in enumerate(versions) if name in one.dossier.agreement.availability]
        # A version without the target, between two that have it, is a mistake that somebody has corrected.
        self._having = [versions[place] for place in having]
        self.agreed_since = versions[having[0]].since if having[0] else None
        """When the target was first agreed; None if the first known version has it."""
        left = versions[having[-1] + 1 :]
        self.agreed_until = left[0].since if left else None
        """When a version without the target came into force; None if the latest version has it."""

    @property
    def latest(self) -> Dossier:
        """The latest version that has the target."""
        return self._having[-1].dossier

    def at(self, moment: datetime) -> AvailabilityTarget:
        """Return the target that was agreed at a moment; before the first version, the first one."""
        begun = [one for one in self._having if one.since is None or one.since <= moment] or self._having[:1]
        return begun[-1].dossier.agreement.availability[self.name]

    def between(self, since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime, Dossier]]:
        """Yield the parts of [since, until) with the version that was in force."""
        borders = [since, *(one.since or since for one in self._having[1:]), until]
        for one, begun, following in zip(self._having, borders[:-1], borders[1:], strict=True):
            begins, ends = max(since, begun), min(until, following)
            if begins < ends:
                yield begins, ends, one.dossier


def versions_of(events: AvailabilityEvents, dossiers: Sequence[Dossier]) -> list[DossierInUse]:
    """Return the dossiers as versions in force, by the digests that the events name.

    Raise `UserError` if a version is missing, or if the events name none and there are several dossiers.
    """
    if not events.versions:
        if len(dossiers) > 1:
            raise UserError("the events do not say when each dossier was in force; give one dossier, or add `versions`")
        return [DossierInUse(None, dossiers[0])]
    by_digest = {dossier.digest: dossier for dossier in dossiers}
    for one in events.versions:
        if one.digest not in by_digest:
            given = ", ".join(digest[:12] for digest in by_digest)
            raise UserError(
                f"the version {one.digest[:12]} of the dossier was in force from {one.since:%Y-%m-%d %H:%M} UTC on, and is "
                f"missing; give it by another --dossier (given: {given}), or remove `versions` from the events"
            )
    return [
        DossierInUse(one.since, by_digest[one.digest]) for one in sorted(events.versions, key=lambda one: one.since)
    ]
