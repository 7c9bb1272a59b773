"""From decoded bodies to durable alarms: what fits goes to its watch, what does not is kept and opens an incident of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from activities.alarms.gathering import BatchReporter
from activities.alarms.reporter import batched
from activities.records import Records
from models.alarms import Alarm, AlarmBatch, Subject
from models.base import Model
from models.errors import WatchRefusedError, WatchUnavailableError
from starter.intake.decoding import Decoded, UnreadableMessage, kept

SOURCE: Final = "intake"
"""The source of alarms about messages that were not understood."""

REFUSED: Final = "refused"


class Receipt(Model):
    """What became of one message; what the sender gets."""

    application: str | None = None
    fingerprint: str | None = None
    disposition: str
    """As `models.alarms.Disposition`, or `quarantined`; `refused` where nobody keeps what a watch cannot take."""
    incident: str | None = None
    reason: str
    quarantine: str | None = None
    """Under which id it is kept, when it was not understood."""


async def hand_over(reporter: BatchReporter, alarms: Sequence[Alarm]) -> list[Receipt]:
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


async def _in_order(reporter: BatchReporter, batches: Sequence[AlarmBatch]) -> list[Receipt]:
    # A fault and its clearing may stand in different batches of one application.
    return [receipt for batch in batches for receipt in await _one(reporter, batch)]


async def _one(reporter: BatchReporter, batch: AlarmBatch) -> list[Receipt]:
    """Hand a batch over; where its watch refuses it, find by halves which alarms are to blame."""
    try:
        answer = await reporter.deliver(batch)
    except WatchRefusedError as error:
        if len(batch.alarms) == 1:
            name = batch.alarms[0].fingerprint
            return [Receipt(application=batch.application, fingerprint=name, disposition=REFUSED, reason=str(error))]
        middle = len(batch.alarms) // 2
        halves = [batch.alarms[:middle], batch.alarms[middle:]]
        return await _in_order(reporter, [batch.model_copy(update={"alarms": half}) for half in halves])
    except RuntimeError as error:  # what a lazy client says as long as it has never been connected
        raise WatchUnavailableError(f"Temporal did not take the alarms of {batch.application}: {error}") from error
    return [Receipt(application=batch.application, **r.model_dump(mode="json")) for r in answer.receipts]


class IntakeDelivery:
    """Makes a decoded body durable, or raises: then the sender must send it again, which does no harm."""

    def __init__(self, reporter: BatchReporter, records: Records, provider_application: str) -> None:
        """`provider_application` is where what fits nowhere opens its incidents."""
        self._reporter = reporter
        self._records = records
        self._provider = provider_application

    async def deliver(self, decoded: Decoded, source: str, now: datetime) -> list[Receipt]:
        """Keep what was not understood, then hand all alarms over; a receipt for each message.

        Raises `StoreError` or `WatchUnavailableError` when anything of it is not durable.
        """
        applications = await self._applications(decoded)
        known = [a for a in decoded.alarms if a.application in applications]
        unreadable = [*decoded.unreadable, *(_unknown(a) for a in decoded.alarms if a.application not in applications)]
        quarantined, told = await self._keep(unreadable, applications, source, now)
        receipts = await hand_over(self._reporter, [*known, *told])
        _require_taken(receipts[len(known) :])
        refused = [_refused(a, r.reason) for a, r in zip(known, receipts, strict=False) if r.disposition == REFUSED]
        if refused:
            more, told = await self._keep(refused, applications, source, now)
            _require_taken(await hand_over(self._reporter, told))
            quarantined += more
        delivered = [_with_remark(r, decoded) for r in receipts[: len(known)] if r.disposition != REFUSED]
        return delivered + quarantined

    async def _applications(self, decoded: Decoded) -> set[str]:
        if not decoded.alarms and not any(u.applications for u in decoded.unreadable):
            return {self._provider}
        return {*await asyncio.to_thread(self._records.applications), self._provider}

    async def _keep(
        self, unreadable: Sequence[UnreadableMessage], applications: set[str], source: str, now: datetime
    ) -> tuple[list[Receipt], list[Alarm]]:
        """Keep what cannot be delivered; gives receipts for its sender, and alarms for people."""
        if not unreadable:
            return [], []
        bodies = [(u.body, u.reason) for u in unreadable]
        ids = await asyncio.to_thread(self._records.quarantine_all, source, bodies)
        receipts = [
            Receipt(disposition="quarantined", reason=u.reason, quarantine=id)
            for u, id in zip(unreadable, ids, strict=True)
        ]
        return receipts, self._told(unreadable, ids, applications, source, now)

    def _told(
        self,
        unreadable: Sequence[UnreadableMessage],
        ids: Sequence[str],
        applications: set[str],
        source: str,
        now: datetime,
    ) -> list[Alarm]:
        """One alarm for each application and kind of reason, so that a flood joins one incident.

        The people of the application hear of it where it can be recognised, else those of the provider's own application.
        """
        firsts: dict[tuple[str, str], tuple[UnreadableMessage, str]] = {}
        for message, id in zip(unreadable, ids, strict=True):
            named = [a for a in message.applications if a in applications]
            for application in named or [self._provider]:
                firsts.setdefault((application, message.kind), (message, id))
        return [self._alarm(*key, *first, source, now) for key, first in firsts.items()]

    def _alarm(
        self, application: str, kind: str, message: UnreadableMessage, id: str, source: str, now: datetime
    ) -> Alarm:
        fingerprint = f"{SOURCE}.{source}"[:100] + f".{kind}"  # without a slash: no source can have it
        mend = f"driftvakt alarm clear {application} --fingerprint {fingerprint}"
        return Alarm(
            application=application,
            fingerprint=fingerprint,
            subject=Subject.MESSAGES,
            title=f"Alarm from {source[:200]} could not be understood",
            source=SOURCE,
            since=now,
            since_known=False,
            seen_at=now,
            detail=f"{message.reason[:500]}. The quarantine keeps it as {id}. Once the source is mended: {mend}",
        )


def _require_taken(receipts: Sequence[Receipt]) -> None:
    """Where not even the alarm about a message is taken, its sender must send it again."""
    for receipt in receipts:
        if receipt.disposition == REFUSED:
            raise WatchUnavailableError(receipt.reason)


def _unknown(alarm: Alarm) -> UnreadableMessage:
    return UnreadableMessage("application", f"no dossier of {alarm.application} is published", _as_kept(alarm))


def _refused(alarm: Alarm, reason: str) -> UnreadableMessage:
    return UnreadableMessage("refused", reason, _as_kept(alarm), (alarm.application,))


def _as_kept(alarm: Alarm) -> bytes:
    # When it was seen is left out: the same alarm again is the same body.
    body: dict[str, Any] = alarm.model_dump(mode="json", exclude={"seen_at"})
    return kept(body)


def _with_remark(receipt: Receipt, decoded: Decoded) -> Receipt:
    remark = decoded.remarks.get(receipt.fingerprint or "")
    return receipt.model_copy(update={"reason": f"{receipt.reason}; {remark}"}) if remark else receipt
