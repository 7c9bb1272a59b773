"""What a watch has to tell its incidents, and holders of leases: in order for each, and in as few signals as can be."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from itertools import takewhile
from typing import Any

from temporalio import workflow
from temporalio.exceptions import FailureError

from models.alarms import Alarm
from models.incident import AlarmsCleared, AlarmsJoined, Merged
from models.lease import LeaseGranted, LeaseTakenBack
from models.sizes import MESSAGE, first_that_fit, parts

Message = AlarmsJoined | AlarmsCleared | Merged | LeaseGranted | LeaseTakenBack

_SIGNALS = {
    AlarmsJoined: "join_alarms",
    AlarmsCleared: "clear_alarms",
    Merged: "merged",
    LeaseGranted: "lease_granted",
    LeaseTakenBack: "lease_taken_back",
}


class Outbox:
    """Sends messages to incidents.

    `spawn` runs a coroutine beside the handlers, `starting` says whether an incident is still being started, `gone` is told
    of an incident that no longer runs and of the alarms that it did not get.
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

    def put(self, incident: str, message: Message) -> None:
        """Send a message soon; what is put within one workflow task travels together, as far as it fits into one signal."""
        if incident in self._waiting:
            self._waiting[incident] += _small(message)
        else:
            self._waiting[incident] = _small(message)
            self._spawn(self._send(incident))

    async def _send(self, incident: str) -> None:
        # A signal in the same task as the start would find nobody yet, and a second incident would be opened for nothing.
        await workflow.wait_condition(lambda: not self._starting(incident))
        handle = workflow.get_external_workflow_handle(incident)
        while messages := self._waiting[incident]:
            together = _together(messages)
            del messages[: len(together)]
            merged = _merged(together)
            try:
                await handle.signal(_SIGNALS[type(merged)], merged)
            except FailureError:
                rest = [*together, *self._waiting.pop(incident)]
                self._gone(incident, _still_joined(rest))
                return
        del self._waiting[incident]


def _still_joined(messages: list[Message]) -> list[Alarm]:
    """The alarms that were to join and have not been taken back since."""
    alarms: dict[str, Alarm] = {}
    for message in messages:
        if isinstance(message, AlarmsJoined):
            alarms |= {a.fingerprint: a for a in message.alarms}
        elif isinstance(message, AlarmsCleared):
            for fingerprint in message.fingerprints:
                alarms.pop(fingerprint, None)
    return list(alarms.values())


def _small(message: Message) -> list[Message]:
    """The same message in parts that each fit into a signal."""
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
    """The first messages that fit into one signal: of one kind, and together no longer than a signal may be."""
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
        # What an alarm was said to be last counts.
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
