"""Delivers decoded alarms to their watches. Messages that cannot be delivered go to the quarantine and open an incident."""

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
"""The source of alarms about unreadable messages."""

REFUSED: Final = "refused"


class Receipt(Model):
    """The result of one message, as the sender gets it."""

    application: str | None = None
    fingerprint: str | None = None
    disposition: str
    """A value of `models.alarms.Disposition`, or `quarantined`, or `refused` when a watch rejected it and nothing keeps it."""
    incident: str | None = None
    reason: str
    quarantine: str | None = None
    """The id of an unreadable message in the quarantine."""


async def hand_over(reporter: BatchReporter, alarms: Sequence[Alarm]) -> list[Receipt]:
    """Deliver alarms to the watches of their applications, at the same time. Return a receipt for each, in the given order.

    Raise the first `WatchUnavailableError`, but only after the delivery to every application was tried.
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
    # In order, because one batch may raise an alarm that a later batch clears.
    return [receipt for batch in batches for receipt in await _one(reporter, batch)]


async def _one(reporter: BatchReporter, batch: AlarmBatch) -> list[Receipt]:
    """Deliver a batch. If its watch refuses it, deliver each half, until only the invalid alarms are refused."""
    try:
        answer = await reporter.deliver(batch)
    except WatchRefusedError as error:
        if len(batch.alarms) == 1:
            name = batch.alarms[0].fingerprint
            return [Receipt(application=batch.application, fingerprint=name, disposition=REFUSED, reason=str(error))]
        middle = len(batch.alarms) // 2
        halves = [batch.alarms[:middle], batch.alarms[middle:]]
        return await _in_order(reporter, [batch.model_copy(update={"alarms": half}) for half in halves])
    except RuntimeError as error:  # a lazy client raises it until its first connection
        raise WatchUnavailableError(f"Temporal did not accept the alarms of {batch.application}: {error}") from error
    return [Receipt(application=batch.application, **r.model_dump(mode="json")) for r in answer.receipts]


class IntakeDelivery:
    """Makes a decoded body durable, or raises. The sender must then send it again, and duplicates do no harm."""

    def __init__(self, reporter: BatchReporter, records: Records, provider_application: str) -> None:
        """`provider_application` gets the alarms about messages of unknown applications."""
        self._reporter = reporter
        self._records = records
        self._provider = provider_application

    async def deliver(self, decoded: Decoded, source: str, now: datetime) -> list[Receipt]:
        """Store the unreadable messages, then deliver all alarms. Return a receipt for each message.

        Raise `StoreError` or `WatchUnavailableError` when any message is not durable.
        """
        applications = await self._applications(decoded)
        known = [a for a in decoded.alarms if a.application in applications]
        unreadable = [*decoded.unreadable, *(_unknown(a) for a in decoded.alarms if a.application not in applications)]
        quarantined, alarms = await self._keep(unreadable, applications, source, now)
        receipts = await hand_over(self._reporter, [*known, *alarms])
        _require_taken(receipts[len(known) :])
        refused = [_refused(a, r.reason) for a, r in zip(known, receipts, strict=False) if r.disposition == REFUSED]
        if refused:
            more, alarms = await self._keep(refused, applications, source, now)
            _require_taken(await hand_over(self._reporter, alarms))
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
        """Put messages in quarantine. Return the receipts for their sender, and the alarms about them."""
        if not unreadable:
            return [], []
        bodies = [(u.body, u.reason) for u in unreadable]
        ids = await asyncio.to_thread(self._records.quarantine.add_all, source, bodies)
        receipts = [
            Receipt(disposition="quarantined", reason=u.reason, quarantine=id)
            for u, id in zip(unreadable, ids, strict=True)
        ]
        return receipts, self._alarms_about(unreadable, ids, applications, source, now)

    def _alarms_about(
        self,
        unreadable: Sequence[UnreadableMessage],
        ids: Sequence[str],
        applications: set[str],
        source: str,
        now: datetime,
    ) -> list[Alarm]:
        """Return one alarm for each application and kind of fault, so that a flood opens only one incident.

        If a message names no known application, the alarm is for the provider's own application.
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
        fingerprint = f"{SOURCE}.{source}"[:100] + f".{kind}"  # without a slash: no source's alarm has the same one
        command = f"driftvakt alarm clear {application} --fingerprint {fingerprint}"
        return Alarm(
            application=application,
            fingerprint=fingerprint,
            subject=Subject.MESSAGES,
            title=f"Alarm from {source[:200]} could not be understood",
            source=SOURCE,
            since=now,
            since_known=False,
            seen_at=now,
            detail=f"{message.reason[:500]}. The quarantine keeps it as {id}. Once the source is fixed: {command}",
        )


def _require_taken(receipts: Sequence[Receipt]) -> None:
    """Raise `WatchUnavailableError` if a watch refused the alarm about a message; the sender must then send it again."""
    for receipt in receipts:
        if receipt.disposition == REFUSED:
            raise WatchUnavailableError(receipt.reason)


def _unknown(alarm: Alarm) -> UnreadableMessage:
    return UnreadableMessage("application", f"no dossier of {alarm.application} is published", _as_kept(alarm))


def _refused(alarm: Alarm, reason: str) -> UnreadableMessage:
    return UnreadableMessage("refused", reason, _as_kept(alarm), (alarm.application,))


def _as_kept(alarm: Alarm) -> bytes:
    # Without the time of arrival, a repeated alarm has the same body and is kept once.
    body: dict[str, Any] = alarm.model_dump(mode="json", exclude={"seen_at"})
    return kept(body)


def _with_remark(receipt: Receipt, decoded: Decoded) -> Receipt:
    remark = decoded.remarks.get(receipt.fingerprint or "")
    return receipt.model_copy(update={"reason": f"{receipt.reason}; {remark}"}) if remark else receipt
