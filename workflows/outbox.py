"""What a watch has to tell its incidents, and holders of leases: in order for each, and in as few signals as can be."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from temporalio import workflow
from temporalio.exceptions import FailureError

from models.alarms import Alarm
from models.incident import AlarmsCleared, AlarmsJoined, Merged
from models.lease import LeaseGranted, LeaseTakenBack

Message = AlarmsJoined | AlarmsCleared | Merged | LeaseGranted | LeaseTakenBack

_SIGNALS = {
    AlarmsJoined: "join_alarms",
    AlarmsCleared: "clear_alarms",
    Merged: "merged",
    LeaseGranted: "lease_granted",
    LeaseTakenBack: "lease_taken_back",
}

_MOST_ALARMS = 200
"""In one signal: half a megabyte at the most."""


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
        """Send a message soon; what is put within one workflow task travels together."""
        if incident in self._waiting:
            self._waiting[incident].append(message)
        else:
            self._waiting[incident] = [message]
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
            alarms = {f: a for f, a in alarms.items() if f not in message.fingerprints}
    return list(alarms.values())


def _together(messages: list[Message]) -> list[Message]:
    """The first messages that fit into one signal: of one kind, and of so many alarms."""
    taken = [messages[0]]
    for message in messages[1:]:
        if not _fit(messages[0], message) or sum(_size(m) for m in (*taken, message)) > _MOST_ALARMS:
            break
        taken.append(message)
    return taken


def _fit(one: Message, other: Message) -> bool:
    if isinstance(one, AlarmsCleared) and isinstance(other, AlarmsCleared):
        return one.moved_to == other.moved_to
    return isinstance(one, AlarmsJoined) and isinstance(other, AlarmsJoined)


def _size(message: Message) -> int:
    return len(message.alarms) if isinstance(message, AlarmsJoined) else 1


def _merged(messages: list[Message]) -> Message:
    first = messages[0]
    if isinstance(first, AlarmsJoined):
        joined = [m for m in messages if isinstance(m, AlarmsJoined)]
        return AlarmsJoined(
            alarms=[a for m in joined for a in m.alarms],
            # What an alarm was said to be last counts.
            symptoms=sorted({f for n, m in enumerate(joined) for f in m.symptoms if not _later(f, joined[n + 1 :])}),
        )
    if isinstance(first, AlarmsCleared):
        cleared = [f for m in messages if isinstance(m, AlarmsCleared) for f in m.fingerprints]
        return first.model_copy(update={"fingerprints": cleared})
    return first


def _later(fingerprint: str, messages: list[AlarmsJoined]) -> bool:
    return any(a.fingerprint == fingerprint for m in messages for a in m.alarms)
