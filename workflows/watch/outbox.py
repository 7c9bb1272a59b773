"""The outbox of a watch: sends messages to incidents and holders of leases, in order for each receiver and in few signals."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from itertools import takewhile
from typing import Any

from temporalio import workflow
from temporalio.exceptions import FailureError

from models.alarms import Alarm
from models.incident import AlarmsCleared, AlarmsJoined, Merged
from models.lease import LeaseGranted, LeaseRevoked, LeaseWanted
from models.sizes import MESSAGE, first_that_fit, parts
from models.watch import UnsentSignal
from workflows.runtime.waiting import leave_a_command

Message = AlarmsJoined | AlarmsCleared | Merged | LeaseGranted | LeaseRevoked | LeaseWanted

_SIGNALS: dict[type[Message], str] = {
    AlarmsJoined: "join_alarms",
    AlarmsCleared: "clear_alarms",
    Merged: "merged",
    LeaseGranted: "lease_granted",
    LeaseRevoked: "lease_revoked",
    LeaseWanted: "lease_wanted",
}
_KINDS: dict[str, type[Message]] = {signal: kind for kind, signal in _SIGNALS.items()}


class Outbox:
    """Sends messages to incidents and holders of leases.

    `spawn` runs a coroutine beside the handlers. `starting` returns whether an incident is still being started. `gone`
    gets an incident that no longer runs, and the alarms that it did not receive.
    """

    def __init__(
        self,
        spawn: Callable[[Coroutine[Any, Any, None]], None],
        starting: Callable[[str], bool],
        gone: Callable[[str, list[Alarm]], None],
    ) -> None:
        self._spawn = spawn
        self._starting = starting
        self._gone = gone
        self._waiting: dict[str, list[Message]] = {}
        self._sending: set[str] = set()
        self._paused = False

    def put(self, incident: str, message: Message) -> None:
        """Send a message soon. Messages of one workflow task go out together, as far as they fit into one signal."""
        self._waiting.setdefault(incident, []).extend(_small(message))
        self._begin(incident)

    def put_again(self, unsent: Sequence[UnsentSignal]) -> None:
        """Send the messages that the previous run had not sent."""
        for one in unsent:
            self.put(one.to, _KINDS[one.signal].model_validate(one.message))

    def pause(self) -> None:
        """Complete the signal in progress, and send nothing more."""
        self._paused = True

    def go_on(self) -> None:
        """Send again."""
        self._paused = False
        for incident in self._waiting:
            self._begin(incident)

    @property
    def left(self) -> list[UnsentSignal]:
        """The messages that are not sent yet, in order."""
        return [
            UnsentSignal(to=incident, signal=_SIGNALS[type(message)], message=message.model_dump(mode="json"))
            for incident, messages in self._waiting.items()
            for message in messages
        ]

    def _begin(self, incident: str) -> None:
        if not self._paused and incident not in self._sending:
            self._sending.add(incident)
            self._spawn(self._send(incident))

    async def _send(self, incident: str) -> None:
        try:
            await self._send_all(incident)
        finally:
            self._sending.discard(incident)

    async def _send_all(self, incident: str) -> None:
        # A signal in the same task as the start would fail, and the watch would open a second incident.
        await workflow.wait_condition(lambda: self._paused or not self._starting(incident))
        handle = workflow.get_external_workflow_handle(incident)
        while not self._paused and (messages := self._waiting[incident]):
            together = _together(messages)
            del messages[: len(together)]
            merged = _merged(together)
            try:
                await handle.signal(_SIGNALS[type(merged)], merged)
            except FailureError:
                rest = [*together, *self._waiting.pop(incident)]
                leave_a_command(f"{incident} received no signal")
                self._gone(incident, _still_joined(rest))
                return
        if not self._waiting[incident]:
            del self._waiting[incident]
        leave_a_command(f"{incident} received signals")


def _still_joined(messages: list[Message]) -> list[Alarm]:
    """Return the alarms that were to join and have not been cleared since."""
    alarms: dict[str, Alarm] = {}
    for message in messages:
        if isinstance(message, AlarmsJoined):
            alarms |= {a.fingerprint: a for a in message.alarms}
        elif isinstance(message, AlarmsCleared):
            for fingerprint in message.fingerprints:
                alarms.pop(fingerprint, None)
    return list(alarms.values())


def _small(message: Message) -> list[Message]:
    """Split a message into parts that each fit into a signal."""
    if isinstance(message, AlarmsJoined):
        symptoms = set(message.symptoms)
        return [
            AlarmsJoined(alarms=part, symptoms=[a.fingerprint for a in part if a.fingerprint in symptoms])
            for part in parts(message.alarms, MESSAGE)
        ]
    if isinstance(message, AlarmsCleared):
        return [
            *(
                message.model_copy(update={"fingerprints": p, "members": []})
                for p in parts(message.fingerprints, MESSAGE)
            ),
            *(message.model_copy(update={"fingerprints": [], "members": p}) for p in parts(message.members, MESSAGE)),
        ]
    return [message]


def _together(messages: list[Message]) -> list[Message]:
    """Return the first messages of one kind that fit into one signal."""
    alike = takewhile(lambda message: _fit(messages[0], message), messages)
    return messages[: max(first_that_fit(alike, MESSAGE), 1)]


def _fit(one: Message, other: Message) -> bool:
    if isinstance(one, AlarmsCleared) and isinstance(other, AlarmsCleared):
        return one.moved_to == other.moved_to
    return isinstance(one, AlarmsJoined) and isinstance(other, AlarmsJoined)


def _merged(messages: list[Message]) -> Message:
    first = messages[0]
    if isinstance(first, AlarmsJoined):
        joined = [m for m in messages if isinstance(m, AlarmsJoined)]
        # The latest message about an alarm counts.
        symptom = {a.fingerprint: a.fingerprint in m.symptoms for m in joined for a in m.alarms}
        return AlarmsJoined(
            alarms=[a for m in joined for a in m.alarms], symptoms=sorted(f for f in symptom if symptom[f])
        )
    if isinstance(first, AlarmsCleared):
        cleared = [m for m in messages if isinstance(m, AlarmsCleared)]
        return first.model_copy(
            update={
                "fingerprints": [f for m in cleared for f in m.fingerprints],
                "members": [d for m in cleared for d in m.members],
            }
        )
    return first
