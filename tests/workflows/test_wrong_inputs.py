"""Whatever somebody sends or starts with a wrong input is answered in one sentence, and no workflow is stuck by it."""

from __future__ import annotations

import asyncio
import json
import re
import typing
import uuid
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from enum import Enum
from random import randrange
from typing import Any

import pytest
from pydantic import BaseModel
from temporalio import workflow
from temporalio.api.common.v1 import Payload
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError

from models.converter import data_converter
from models.errors import InputError
from models.incident import IncidentOrder
from models.inputs import Unreadable, sample_of
from runbooks import find_runbooks
from tests.workflows.opened import opened_by_watch
from worker import WORKFLOWS, workflow_types
from workflows.runtime.sandbox import workflow_runner
from workflows.runtime.serving import BoundedWorker
from workflows.runtime.unknown import UnknownType
from workflows.runtime.wrong_inputs import ReadsInputs

CLASSES = [*WORKFLOWS, *(r.workflow_class for r in find_runbooks().values())]


def _kinds() -> set[type[BaseModel]]:
    """What is typed: the input of every workflow, update and signal."""
    definitions = [workflow._Definition.must_from_class(cls) for cls in CLASSES]
    handlers = [h for d in definitions for h in (*d.updates.values(), *d.signals.values())]
    taken = [_takes(one) for one in [*(d.run_fn for d in definitions), *(h.fn for h in handlers)]]
    return {kind for kind in taken if isinstance(kind, type) and issubclass(kind, BaseModel)}


STATE = {"plan": {"application": "acme.shop", "known": False}, "next_number": 1, "next_alarm": 1}
MEMORY = {"lead": "mallory@example.com", "opened_at": "2026-03-01T12:00:00Z"}


@dataclass(frozen=True)
class Wrong:
    """An input that does not fit, and what the answer must name."""

    given: tuple[Any, ...]
    names: tuple[str, ...] = ()


def _takes(function: Any) -> type[BaseModel] | None:
    hints = {name: hint for name, hint in typing.get_type_hints(function).items() if name != "return"}
    return next(iter(hints.values()), None)


KINDS = sorted(_kinds(), key=lambda kind: kind.__name__)


def _said_of(kind: type[BaseModel], given: Any) -> str:
    """What reading an input says of it."""
    converter = data_converter.payload_converter
    try:
        [read] = converter.from_payloads(converter.to_payloads([given]), [kind])
    except InputError as error:
        return str(error)
    assert isinstance(read, Unreadable)
    return read.why


def _json(text: str) -> RawValue:
    return RawValue(Payload(metadata={"encoding": b"json/plain"}, data=text.encode()))


def wrong_for(kind: type[BaseModel]) -> Iterable[Wrong]:
    """Inputs that do not fit a kind: none, two, no object, a field missing, misspelt, or out of its list."""
    good = sample_of(kind)
    yield from (Wrong(()), Wrong((good, good)), Wrong((None,)), Wrong((b"bytes",)))
    yield from (Wrong((_json(text),)) for text in ("null", "[]", '"text"', "7", "{"))
    for name, field in kind.model_fields.items():
        if field.is_required():
            yield Wrong(({k: v for k, v in good.items() if k != name},), (name,))
            yield Wrong(({k + "x" if k == name else k: v for k, v in good.items()},), (name, f"{name}x"))
        if isinstance(field.annotation, type) and issubclass(field.annotation, Enum):
            yield Wrong((good | {name: "nonsense"},), (name, *(str(one.value) for one in field.annotation)))
    yield Wrong((good | {"nonsense": 1},), ("nonsense",))


def some_for(kind: type[BaseModel]) -> list[Wrong]:
    """One wrong input of each sort, for what a server has to be asked."""
    every = [*wrong_for(kind)]
    return [*every[:5], *every[-3:]]


def faults_of(kind: type[BaseModel], wrong: Wrong, said: str) -> list[str]:
    """What an answer lacks."""
    faults = [f"does not name {name}" for name in wrong.names if name not in said]
    sample = re.search(r"as in (\{.*\})$", said)
    if sample is None:
        faults.append("shows no sample")
    else:
        kind.model_validate(json.loads(sample[1]))
    if "\n" in said or "Traceback" in said or "pydantic" in said:
        faults.append("is no sentence")
    return [f"{kind.__name__} {wrong.given}: {fault}: {said}" for fault in faults]


@dataclass(frozen=True)
class Site:
    """A worker at work."""

    client: Client
    queue: str

    async def start(self, type: str, *given: Any) -> WorkflowHandle[Any, Any]:
        """Start a workflow as the form of the UI does."""
        return await self.client.start_workflow(
            type, args=given, id=f"{type}-{uuid.uuid4().hex}", task_queue=self.queue
        )

    async def begin(self, cls: type) -> WorkflowHandle[Any, Any]:
        """Start a workflow as it is meant to be; an incident runs under the id that its watch gives it only."""
        name, given = _definition(cls).name, sample_of(_taken_by(cls))
        if name != "incident":
            return await self.start(name, given)
        given["number"] = randrange(1, 999_999_999)
        [handle] = await opened_by_watch(self.client, [IncidentOrder.model_validate(given)], self.queue)
        return handle

    async def attempts(self, handle: WorkflowHandle[Any, Any]) -> int:
        """How often the pending task of a workflow was tried; none is pending in one that rests."""
        described = await handle.describe()
        return described.raw_description.pending_workflow_task.attempt


def _definition(cls: type) -> Any:
    return workflow._Definition.must_from_class(cls)


def _taken_by(cls: type) -> type[BaseModel]:
    kind = _takes(_definition(cls).run_fn)
    assert kind is not None
    return kind


async def _failure(handle: WorkflowHandle[Any, Any]) -> ApplicationError:
    with pytest.raises(WorkflowFailureError) as failed:
        await asyncio.wait_for(handle.result(), 60)
    assert isinstance(failed.value.cause, ApplicationError)
    return failed.value.cause


async def _refusal(handle: WorkflowHandle[Any, Any], update: str, *given: Any) -> ApplicationError:
    with pytest.raises(WorkflowUpdateFailedError) as failed:
        await asyncio.wait_for(handle.execute_update(update, args=given), 60)
    assert isinstance(failed.value.cause, ApplicationError)
    return failed.value.cause


async def _page(handle: WorkflowHandle[Any, Any], says: str) -> str:
    async with asyncio.timeout(60):
        while True:
            shown = await handle.query("__temporal_workflow_metadata")
            page = shown.current_details.replace("\\", "")
            if says in page:
                return str(page)
            await asyncio.sleep(0.1)


def _stack(where: str, error: ApplicationError) -> list[str]:
    failure = error.failure
    return [f"{where} shows our source"] if error.cause or (failure and failure.stack_trace) else []


@pytest.fixture
async def site(client: Client) -> AsyncIterator[Site]:
    """Every workflow there is, and nothing else: what a workflow would look up or do never ends."""
    queue = f"wrong-inputs-{uuid.uuid4().hex[:8]}"
    worker = BoundedWorker(
        client,
        task_queue=queue,
        workflows=[*CLASSES, UnknownType],
        workflow_runner=workflow_runner(),
        interceptors=[ReadsInputs(workflow_types())],
    )
    async with worker:
        yield Site(client, queue)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_fault_of_an_input_is_named_with_what_is_allowed_and_a_sample(kind: type[BaseModel]) -> None:
    faults = [
        fault
        for wrong in wrong_for(kind)
        if len(wrong.given) == 1
        for fault in faults_of(kind, wrong, _said_of(kind, wrong.given[0]))
    ]

    assert faults == []


@pytest.mark.slow
async def test_a_workflow_with_a_wrong_input_ends_with_one_sentence(site: Site) -> None:
    async def faults(cls: type, wrong: Wrong) -> list[str]:
        name = _definition(cls).name
        error = await _failure(await site.start(name, *wrong.given))
        return _stack(name, error) + faults_of(_taken_by(cls), wrong, error.message)

    tried = [(cls, wrong) for cls in CLASSES for wrong in some_for(_taken_by(cls))]
    found = await asyncio.gather(*(faults(*one) for one in tried))

    assert len(tried) > 100
    assert [fault for one in found for fault in one] == []


@pytest.mark.slow
async def test_an_update_with_a_wrong_input_is_answered_with_a_sentence(site: Site) -> None:
    async def faults(cls: type) -> list[str]:
        definition, found = _definition(cls), []
        handle = await site.begin(cls)
        for update in definition.updates.values():
            kind = _takes(update.fn)
            assert kind is not None
            for wrong in some_for(kind):
                error = await _refusal(handle, update.name, *wrong.given)
                found += _stack(update.name, error) + faults_of(kind, wrong, error.message)
        error = await _refusal(handle, "nonsense", {})
        found += [] if all(name in error.message for name in ("nonsense", *definition.updates)) else [error.message]
        await handle.terminate()
        return found

    found = await asyncio.gather(*(faults(cls) for cls in CLASSES))

    assert [fault for one in found for fault in one] == []


@pytest.mark.slow
async def test_a_signal_with_a_wrong_input_leaves_a_sentence_on_the_page_and_nothing_stuck(site: Site) -> None:
    async def faults(cls: type) -> list[str]:
        definition, found = _definition(cls), []
        handle = await site.begin(cls)
        for signal in definition.signals.values():
            kind = _takes(signal.fn)
            if kind is None or kind is Any:  # it takes none, or looks at what comes by itself
                await handle.signal(signal.name, args=[{"nonsense": 1}])
                continue
            for one in some_for(kind):
                await handle.signal(signal.name, args=list(one.given))
            page = await _page(handle, f"({signal.name}). The input does not fit: ")
            found += [] if "there is no field 'nonsense'; it takes" in page and "as in {" in page else [page]
        await handle.signal("no_such_signal", {})
        await _page(handle, "There is no signal 'no_such_signal'")
        found += [f"{handle.id} is stuck"] if await site.attempts(handle) > 1 else []
        await handle.terminate()
        return found

    found = await asyncio.gather(*(faults(cls) for cls in CLASSES if _definition(cls).signals))

    assert [fault for one in found for fault in one] == []


async def test_a_workflow_type_that_does_not_exist_is_answered_and_ended(site: Site) -> None:
    error = await _failure(await site.start("shutdown", {"application": "acme.shop"}))

    assert error.message.startswith("there is no workflow type 'shutdown', did you mean shut-down; there are ")
    assert "maintenance" in error.message


def test_every_handler_is_named_like_its_update_or_signal() -> None:
    handlers = [h for cls in CLASSES for h in (*_definition(cls).updates.values(), *_definition(cls).signals.values())]

    assert [h.name for h in handlers if h.name != h.fn.__name__] == []


@pytest.mark.parametrize(
    ("type", "given", "said"),
    [
        (
            "incident",
            {},
            "only the watch can start an incident: start open-incident, or send the update open_incident to watch.",
        ),
        ("watch", {"state": STATE}, "only an earlier run may set state; leave it out"),
        ("major", {"memory": MEMORY}, "only an earlier run may set memory; leave it out"),
    ],
)
async def test_nobody_goes_round_the_question_who_they_are_by_starting_what_programs_start(
    site: Site, type: str, given: dict[str, Any], said: str
) -> None:
    [cls] = [cls for cls in CLASSES if _definition(cls).name == type]
    error = await _failure(await site.start(type, sample_of(_taken_by(cls)) | given))

    assert said in error.message
