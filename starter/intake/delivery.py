"""From decoded bodies to durable alarms: what fits goes to its watch, what does not is kept and opens an incident of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from activities.alarms import batched
from activities.records import Records
from models.alarms import Alarm, AlarmBatch, BatchReceipt
from models.base import Model
from models.errors import WatchUnavailableError
from starter.intake.decoding import Decoded, Unreadable, kept


class Receipt(Model):
    """What became of one message; what the sender gets."""

    application: str | None = None
    fingerprint: str | None = None
    disposition: str
    """As `models.alarms.Disposition`, or `quarantined`."""
    incident: str | None = None
    reason: str
    quarantine: str | None = None
    """Under which id it is kept, when it was not understood."""


class Reporter(Protocol):
    """Hands a batch to its watch: `activities.alarms.WatchReporter`."""

    async def deliver(self, batch: AlarmBatch) -> BatchReceipt:
        """Return once it is durable, else raise `WatchUnavailableError`."""


async def hand_over(reporter: Reporter, alarms: Sequence[Alarm]) -> list[Receipt]:
    """Hand alarms to the watches of their applications, all applications at once; a receipt each, in the order given.

    Every application is tried; then the first `WatchUnavailableError` is raised, if there was one.
    """
    groups = batched(alarms)
    answers = await asyncio.gather(*(_in_order(reporter, b) for b in groups.values()), return_exceptions=True)
    given = {}
    for application, answer in zip(groups, answers, strict=True):
        if isinstance(answer, BaseException):
            raise answer
        given[application] = iter(answer)
    return [next(given[alarm.application]) for alarm in alarms]


async def _in_order(reporter: Reporter, batches: Sequence[AlarmBatch]) -> list[Receipt]:
    # A fault and its clearing may stand in different batches of one application.
    return [receipt for batch in batches for receipt in await _one(reporter, batch)]


async def _one(reporter: Reporter, batch: AlarmBatch) -> list[Receipt]:
    try:
        answer = await reporter.deliver(batch)
    except RuntimeError as error:  # what a lazy client says as long as it has never been connected
        raise WatchUnavailableError(f"Temporal did not take the alarms of {batch.application}: {error}") from error
    return [Receipt(application=batch.application, **r.model_dump(mode="json")) for r in answer.receipts]


class Delivery:
    """Makes a decoded body durable, or raises: then the sender must send it again, which does no harm."""

    def __init__(self, reporter: Reporter, records: Records, provider_application: str) -> None:
        """`provider_application` is where what fits nowhere opens its incidents."""
        self._reporter = reporter
        self._records = records
        self._provider = provider_application

    async def deliver(self, decoded: Decoded, source: str, now: datetime) -> list[Receipt]:
        """Keep what was not understood, then hand all alarms over; a receipt for each message.

        Raises `StoreError` or `WatchUnavailableError` when anything of it is not durable.
        """
        known, unknown = await self._sorted_out(decoded.alarms)
        unreadable = [*decoded.unreadable, *unknown]
        ids = await asyncio.to_thread(self._keep, source, unreadable) if unreadable else []
        receipts = await hand_over(self._reporter, [*known, *self._told(unreadable, ids, source, now)])
        quarantined = [
            Receipt(disposition="quarantined", reason=u.reason, quarantine=id)
            for u, id in zip(unreadable, ids, strict=True)
        ]
        return receipts[: len(known)] + quarantined

    async def _sorted_out(self, alarms: Sequence[Alarm]) -> tuple[list[Alarm], list[Unreadable]]:
        if not alarms:
            return [], []
        applications = {*await asyncio.to_thread(self._records.applications), self._provider}
        known = [a for a in alarms if a.application in applications]
        return known, [_unknown(a) for a in alarms if a.application not in applications]

    def _keep(self, source: str, unreadable: Sequence[Unreadable]) -> list[str]:
        return self._records.quarantine_all(source, [(u.body, u.reason) for u in unreadable])

    def _told(self, unreadable: Sequence[Unreadable], ids: Sequence[str], source: str, now: datetime) -> list[Alarm]:
        """One alarm for each kind of reason, so that a flood joins one incident."""
        firsts: dict[str, tuple[Unreadable, str]] = {}
        for message, id in zip(unreadable, ids, strict=True):
            firsts.setdefault(message.kind, (message, id))
        return [self._alarm(kind, *first, source, now) for kind, first in firsts.items()]

    def _alarm(self, kind: str, message: Unreadable, id: str, source: str, now: datetime) -> Alarm:
        fingerprint = f"intake.{source}"[:100] + f".{kind}"
        mend = f"driftvakt alarm clear {self._provider} --fingerprint {fingerprint}"
        return Alarm(
            application=self._provider,
            fingerprint=fingerprint,
            title=f"Alarm from {source[:200]} could not be understood",
            source="intake",
            since=now,
            seen_at=now,
            detail=f"{message.reason[:500]}. It is kept in quarantine as {id}. Once it is mended: {mend}",
        )


def _unknown(alarm: Alarm) -> Unreadable:
    # When it was seen is left out: the same alarm again is the same body.
    body: dict[str, Any] = alarm.model_dump(mode="json", exclude={"seen_at"})
    return Unreadable("application", f"no dossier of {alarm.application} is published", kept(body))
