"""Sends notices: one key is sent once. A failed delivery is reported in the receipt and raises nothing.

Only errors of the records are raised, because without the records the receivers of earlier attempts are unknown.
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

from activities.notices.channels import Channels
from activities.notices.deputies import IsOpen
from activities.notices.enclosing import Enclosing, enclosing
from activities.notices.hours import open_hours
from activities.notices.recipients import Recipient, Recipients, recipients
from activities.notices.sending import EnclosedDocument, NoticeText, TryOutcome
from activities.notices.store import NoticeStore, delivery
from activities.notices.texts import NoticeSubject, notice_text
from activities.records import Records
from activities.records.documents import Documents
from models.channels import CHANNELS
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
"""Notices that are sent at the same time."""

_AT_ONCE: Final = 8
"""Receivers of one notice at the same time."""


@dataclass(frozen=True)
class NoticeTuning:
    """Times for the attempts to send a notice, in seconds."""

    pauses: tuple[float, ...] = (1.0, 3.0, 8.0)
    """Pauses before further attempts."""
    deadline: float = 50.0
    """For all receivers together. Deliveries that are not complete by then are uncertain."""
    pulse: float = 1.0
    """Between heartbeats."""


@dataclass(frozen=True)
class _Outgoing:
    """A text with its documents, for one receiver."""

    text: NoticeText
    documents: list[EnclosedDocument]


class NoticeActivities:
    """Sends notices on threads of its own, because channels that hang must not block the records."""

    def __init__(
        self,
        records: Records,
        channels: Channels,
        ui_url: str,
        tuning: NoticeTuning | None = None,
        hours: Callable[[Dossier], IsOpen] = open_hours,
    ) -> None:
        """`ui_url` is the root of the Temporal UI. `hours` returns whether the service hours of a dossier are open."""
        self._records = records
        self._store = NoticeStore(records.database)
        self._documents = Documents(records.database)
        self._channels = channels
        self._hours = hours
        self._ui_url = ui_url
        self._tuning = tuning or NoticeTuning()
        self._threads = ThreadPoolExecutor(_NOTICES, thread_name_prefix="notices")

    def activities(self) -> list[Callable[..., Any]]:
        """All activities, for the worker."""
        return [self.send_notice]

    def close(self) -> None:
        """Accept no more notices; deliveries in progress continue."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    @activity.defn
    async def send_notice(self, request: SendNotice) -> NoticeReceipt:
        """Send a notice to people, once for each key."""
        sending = asyncio.get_running_loop().run_in_executor(self._threads, self.send, request)
        while not (await asyncio.wait({sending}, timeout=self._tuning.pulse))[0]:
            activity.heartbeat()
        return sending.result()

    def send(self, request: SendNotice) -> NoticeReceipt:
        """Send a notice, blocking."""
        deadline = time.monotonic() + self._tuning.deadline
        at, known = self._store.begin(request, datetime.now(UTC))
        if known is not None:
            return known
        try:
            dossier = self._dossier(request)
            contents = self._contents(request)
        except UserError as error:
            return self._store.finish(NoticeReceipt(key=request.key, notes=[str(error)]))
        chosen = recipients(
            dossier, request.audience, request.priority, at, self._hours(dossier), self._channels.configured
        )
        subject = NoticeSubject(dossier, request, chosen.level, self._ui_url)
        channels = CHANNELS.all()
        enclosed = {p.key: enclosing(request.attachments, channels.get(p.channel)) for p in chosen.people}
        texts = {person.key: notice_text(subject, person, enclosed[person.key]) for person in chosen.people}
        outgoing = {key: _Outgoing(texts[key], _documents(enclosed[key], contents)) for key in texts}
        first = next(iter(chosen.people), None)
        if first is not None:
            written = texts[first.key]
            self._store.word(request.key, first.language.value, written.subject, written.text)
        deliveries = self._deliver(request.key, chosen.people, outgoing, deadline)
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
            level=chosen.level,
            subject=written.subject,
            text=written.text,
            notes=chosen.notes,
        )

    def _deliver(
        self, key: str, people: list[Recipient], outgoing: dict[str, _Outgoing], deadline: float
    ) -> list[Delivery]:
        """Send to all receivers at the same time, so that a channel that hangs delays nobody else."""
        ended: queue.SimpleQueue[tuple[str, Delivery | BaseException]] = queue.SimpleQueue()
        places = threading.BoundedSemaphore(_AT_ONCE)

        def deliver(person: Recipient) -> None:
            with places:
                if time.monotonic() > deadline:
                    return  # the receipt exists by now
                try:
                    ended.put((person.key, self._to(key, person, outgoing[person.key], deadline)))
                except BaseException as error:  # the thread that waits raises it again
                    ended.put((person.key, error))

        for person in people:
            # Daemon threads: one that hangs must not prevent the worker from stopping.
            threading.Thread(target=deliver, args=(person,), name=f"notice {person.key}", daemon=True).start()
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

    def _to(self, key: str, person: Recipient, outgoing: _Outgoing, deadline: float) -> Delivery:
        """Send to one receiver, unless an earlier attempt has claimed the delivery."""
        known = self._store.claim(key, person, datetime.now(UTC))
        if known is not None:
            return known
        identity = hashlib.sha256(f"{key}\0{person.key}".encode()).hexdigest()[:32]
        tries = 0
        for pause in (*self._tuning.pauses, None):
            tries += 1
            result = self._channels.send(person, outgoing.text, identity, outgoing.documents)
            if result.outcome is not TryOutcome.NOT_NOW or pause is None or time.monotonic() + pause > deadline:
                break
            time.sleep(pause)
        detail = f"{result.detail} (tried {tries} times)" if tries > 1 and result.detail else result.detail
        outcome = delivery(person, _STATES[result.outcome], detail)
        self._note(key, outcome, person, tries)
        return outcome

    def _note(self, key: str, outcome: Delivery, person: Recipient, tries: int) -> None:
        # The text is sent: records that are busy now must not make the delivery uncertain.
        for pause in (0.2, 1.0):
            try:
                return self._store.note(key, outcome, person, tries)
            except StoreUnavailableError:
                time.sleep(pause)
        return self._store.note(key, outcome, person, tries)

    def _contents(self, request: SendNotice) -> dict[str, bytes]:
        """Return the contents of the attachments by digest. A notice without one of its documents would mislead, so
        `NotFoundError` and `StoreError` stop the whole notice.
        """
        return {file.digest: self._documents.read(file.digest) for file in request.attachments}

    def _dossier(self, request: SendNotice) -> Dossier:
        if request.dossier:
            return self._records.dossier(request.dossier)
        dossier = self._records.current_dossier(request.application)
        if dossier is None:
            raise UserError(f"no dossier of {request.application} is published, so the notice has no receiver")
        return dossier


def _documents(enclosed: Enclosing, contents: dict[str, bytes]) -> list[EnclosedDocument]:
    return [EnclosedDocument(one.name, one.media_type, contents[one.digest]) for one in enclosed.attached]
