"""Sending notices: the same key is sent once, what cannot be delivered is reported, and nothing of it is raised.

Raised is only what concerns the records: without them it is not known who has been written to.
"""

from __future__ import annotations

import asyncio
import hashlib
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from temporalio import activity

from activities.notices.channels import Channels, NoticeText, TryOutcome
from activities.notices.hours import open_hours
from activities.notices.recipients import Recipient, Recipients, recipients
from activities.notices.standing_in import IsOpen
from activities.notices.store import NoticeStore, delivery
from activities.notices.wording import Matter, words
from activities.records import Records
from models.dossier import Dossier
from models.errors import StoreUnavailableError, UserError
from models.notices import Delivery, DeliveryState, NoticeReceipt, SendNotice, SentNotice

_STATES: Final = {
    TryOutcome.SENT: DeliveryState.SENT,
    TryOutcome.REFUSED: DeliveryState.FAILED,
    TryOutcome.NOT_NOW: DeliveryState.FAILED,
    TryOutcome.UNKNOWN: DeliveryState.UNCERTAIN,
    TryOutcome.NO_CHANNEL: DeliveryState.NO_CHANNEL,
}

_NOTICES: Final = 16
"""Notices sent at the same time."""

_AT_ONCE: Final = 8
"""Receivers written to at the same time."""


@dataclass(frozen=True)
class NoticeTuning:
    """How long a notice is tried, in seconds."""

    pauses: tuple[float, ...] = (1.0, 3.0, 8.0)
    """Before each further try."""
    deadline: float = 50.0
    """For all receivers together; what is not over by then is uncertain."""
    pulse: float = 1.0
    """Between heartbeats."""


class NoticeActivities:
    """Writes to people, on threads of its own: channels that hang must not keep the records waiting."""

    def __init__(
        self,
        records: Records,
        channels: Channels,
        ui_url: str,
        tuning: NoticeTuning | None = None,
        hours: Callable[[Dossier], IsOpen] = open_hours,
    ) -> None:
        """`ui_url` is the root of the Temporal UI; `hours` says whether the service hours of a dossier are open."""
        self._records = records
        self._store = NoticeStore(records.database)
        self._channels = channels
        self._hours = hours
        self._ui_url = ui_url
        self._tuning = tuning or NoticeTuning()
        self._threads = ThreadPoolExecutor(_NOTICES, thread_name_prefix="notices")

    def activities(self) -> list[Callable[..., Any]]:
        """All of them, for the worker."""
        return [self.send_notice]

    def close(self) -> None:
        """Take on nothing more; what is being handed over goes on."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    @activity.defn
    async def send_notice(self, request: SendNotice) -> NoticeReceipt:
        """Write to people; the same key is sent once."""
        sending = asyncio.get_running_loop().run_in_executor(self._threads, self.send, request)
        while not (await asyncio.wait({sending}, timeout=self._tuning.pulse))[0]:
            activity.heartbeat()
        return sending.result()

    def send(self, request: SendNotice) -> NoticeReceipt:
        """The same, blocking."""
        deadline = time.monotonic() + self._tuning.deadline
        at, known = self._store.begin(request, datetime.now(UTC))
        if known is not None:
            return known
        try:
            dossier = self._dossier(request)
        except UserError as error:
            return self._store.finish(NoticeReceipt(key=request.key, notes=[str(error)]))
        chosen = recipients(
            dossier, request.audience, request.priority, at, self._hours(dossier), self._channels.configured
        )
        matter = Matter(dossier, request, chosen.rung, self._ui_url)
        texts = {person.key: words(matter, person) for person in chosen.people}
        first = next(iter(chosen.people), None)
        if first is not None:
            written = texts[first.key]
            self._store.word(request.key, first.language.value, written.subject, written.text)
        deliveries = self._deliver(request.key, chosen.people, texts, deadline)
        return self._store.finish(self._receipt(request, chosen, texts, deliveries))

    def notices_of(self, incident: str) -> list[SentNotice]:
        """The notices of an incident with their deliveries, the earliest first."""
        return self._store.notices_of(incident)

    def _receipt(
        self, request: SendNotice, chosen: Recipients, texts: dict[str, NoticeText], deliveries: list[Delivery]
    ) -> NoticeReceipt:
        written = texts[chosen.people[0].key] if chosen.people else NoticeText("", "", "")
        return NoticeReceipt(
            key=request.key,
            deliveries=deliveries,
            rung=chosen.rung,
            subject=written.subject,
            text=written.text,
            notes=chosen.notes,
        )

    def _deliver(
        self, key: str, people: list[Recipient], texts: dict[str, NoticeText], deadline: float
    ) -> list[Delivery]:
        """Write to all of them beside each other, so that a channel that hangs keeps nobody else waiting."""
        ended: queue.SimpleQueue[tuple[str, Delivery | BaseException]] = queue.SimpleQueue()
        places = threading.BoundedSemaphore(_AT_ONCE)

        def tell(person: Recipient) -> None:
            with places:
                if time.monotonic() > deadline:
                    return  # the receipt has been given by now
                try:
                    ended.put((person.key, self._to(key, person, texts[person.key], deadline)))
                except BaseException as error:  # raised again by whoever waits
                    ended.put((person.key, error))

        for person in people:
            # Daemons: one that hangs for ever must not keep the worker from ending.
            threading.Thread(target=tell, args=(person,), name=f"notice {person.key}", daemon=True).start()
        found: dict[str, Delivery] = {}
        while len(found) < len(people) and (left := deadline - time.monotonic()) > 0:
            try:
                person_key, result = ended.get(timeout=left)
            except queue.Empty:
                continue
            if isinstance(result, BaseException):
                raise result
            found[person_key] = result
        late = "the channel had not answered by the deadline of the notice; it is not sent twice"
        return [found.get(p.key) or delivery(p, DeliveryState.UNCERTAIN, late) for p in people]

    def _to(self, key: str, person: Recipient, text: NoticeText, deadline: float) -> Delivery:
        """Write to one receiver, unless an earlier attempt has begun to."""
        known = self._store.claim(key, person, datetime.now(UTC))
        if known is not None:
            return known
        identity = hashlib.sha256(f"{key}\0{person.key}".encode()).hexdigest()[:32]
        tries = 0
        for pause in (*self._tuning.pauses, None):
            tries += 1
            result = self._channels.send(person, text, identity)
            if result.outcome is not TryOutcome.NOT_NOW or pause is None or time.monotonic() + pause > deadline:
                break
            time.sleep(pause)
        detail = f"{result.detail} (tried {tries} times)" if tries > 1 and result.detail else result.detail
        outcome = delivery(person, _STATES[result.outcome], detail)
        self._note(key, outcome, person, tries)
        return outcome

    def _note(self, key: str, outcome: Delivery, person: Recipient, tries: int) -> None:
        # It has been handed over: records that are busy just now must not make it uncertain.
        for pause in (0.2, 1.0):
            try:
                return self._store.note(key, outcome, person, tries)
            except StoreUnavailableError:
                time.sleep(pause)
        return self._store.note(key, outcome, person, tries)

    def _dossier(self, request: SendNotice) -> Dossier:
        if request.dossier:
            return self._records.dossier(request.dossier)
        dossier = self._records.current_dossier(request.application)
        if dossier is None:
            raise UserError(f"no dossier of {request.application} is published, so nobody is known to write to")
        return dossier
