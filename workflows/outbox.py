"""What a watch has to tell its incidents: in order for each, and in as few signals as can be."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from temporalio import workflow
from temporalio.exceptions import FailureError

from models.alarms import Alarm
from models.incident import AlarmsCleared, AlarmsJoined

Message = AlarmsJoined | AlarmsCleared

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
                await handle.signal("join_alarms" if isinstance(merged, AlarmsJoined) else "clear_alarms", merged)
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
        else:
            alarms = {f: a for f, a in alarms.items() if f not in message.fingerprints}
    return list(alarms.values())


def _together(messages: list[Message]) -> list[Message]:
    """The first messages that are of one kind, as many as one signal takes."""
    first = messages[0]
    taken: list[Message] = []
    for message in messages:
        if type(message) is not type(first) or len(taken) >= _MOST_ALARMS:
            break
        taken.append(message)
    return taken


def _merged(messages: list[Message]) -> Message:
    joined = [a for m in messages if isinstance(m, AlarmsJoined) for a in m.alarms]
    if joined:
        return AlarmsJoined(alarms=joined)
    return AlarmsCleared(fingerprints=[f for m in messages if isinstance(m, AlarmsCleared) for f in m.fingerprints])
