"""What nobody can read, wherever it is sent: answered in one sentence, and never a workflow that is stuck by it.

The SDK reads an input by the type of its handler. What it cannot read, or what is left out, would end in three ways that help
nobody: an update answers with our source, a signal is dropped without a word, and a workflow that was started, or was sent
nothing where something is needed, fails its task for ever. Here each gets a sentence that names the fields and a sample.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from typing import Any, Self

from pydantic import BaseModel
from temporalio import workflow
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError
from temporalio.worker import (
    ExecuteWorkflowInput,
    HandleSignalInput,
    HandleUpdateInput,
    Interceptor,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
)

from models.inputs import Unreadable, miscounted


class ReadsInputs(Interceptor):
    """For every worker and replayer that runs our workflows; `types` names those that can be started."""

    def __init__(self, types: Sequence[str] = ()) -> None:
        self._types = types

    def workflow_interceptor_class(self, input: WorkflowInterceptorClassInput) -> type[WorkflowInboundInterceptor]:
        """What stands between the server and each workflow."""
        return type("_InboundOfThese", (_Inbound,), {"types": self._types})


class Begun:
    """Base of a workflow whose `__init__` takes what it was started with; it is not made of what cannot be read."""

    def __new__(cls, *given: object) -> Self:
        """Make a stand-in instead, which is told nothing; `execute_workflow` then says what is wrong."""
        if _fault(cls.__init__, given):
            return typing.cast(Self, _NotBegun())
        return super().__new__(cls)


class _NotBegun:
    """In place of a workflow that was started with what cannot be read, until it has ended with the sentence."""


def only_carried(field: str, value: object) -> None:
    """Refuse what only an earlier run of the same workflow can have left: nobody is asked who they are who carries it on."""
    if value is not None and workflow.info().continued_run_id is None:
        raise _refused(f"{field} is what an earlier run carries over; leave it out")


class _Inbound(WorkflowInboundInterceptor):
    types: typing.ClassVar[Sequence[str]] = ()

    async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:
        workflow.set_dynamic_signal_handler(_no_such_signal)
        if self.types and workflow.info().workflow_type not in self.types:
            raise no_such_type(self.types)
        _check_start(input.run_fn, input.args)
        return await super().execute_workflow(input)

    async def handle_signal(self, input: HandleSignalInput) -> None:
        if isinstance(workflow.instance(), _NotBegun):
            return
        handler = _method(input.signal)
        if handler is not None:
            if not _wanted(handler):
                input.args = []  # the UI always sends something
            elif why := _fault(handler, input.args):
                _show(f"A signal was not understood ({input.signal}). {why}")
                return
        await super().handle_signal(input)

    def handle_update_validator(self, input: HandleUpdateInput) -> None:
        _refuse_update(input)
        super().handle_update_validator(input)

    async def handle_update_handler(self, input: HandleUpdateInput) -> Any:
        _refuse_update(input)
        return await super().handle_update_handler(input)


def _method(name: str) -> Callable[..., Any] | None:
    """The method that takes an update or a signal, which has its name; the SDK's own handler hides what it takes."""
    return getattr(type(workflow.instance()), name, None)


def _refuse_update(input: HandleUpdateInput) -> None:
    if isinstance(workflow.instance(), _NotBegun):
        raise _refused("it was started with a wrong input and ends at once")
    handler = _method(input.update)
    if handler is not None and (why := _fault(handler, input.args)):
        raise _refused(why)


def _check_start(takes: Callable[..., Any], given: Sequence[object]) -> None:
    why = _fault(takes, given)
    if not why:
        return
    if _by_a_program(workflow.info()):
        # A program of another version wrote this: it waits for a worker that can read it, and loses nothing.
        raise RuntimeError(why)
    raise _refused(why)


def _fault(takes: Callable[..., Any], given: Sequence[object]) -> str:
    """Why a handler cannot take this; empty: it can."""
    unreadable = next((one for one in given if isinstance(one, Unreadable)), None)
    if unreadable is not None and len(given) == 1:
        return unreadable.why
    wanted = _wanted(takes)
    if not wanted or len(given) == len(wanted):
        return ""
    hint = typing.get_type_hints(takes).get(wanted[0])
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return miscounted(hint, len(given))
    return f"It takes one input, and {len(given)} were given"


def _wanted(takes: Callable[..., Any]) -> list[str]:
    """The parameters that have to be given."""
    return [
        name
        for name, parameter in inspect.signature(takes).parameters.items()
        if name != "self" and parameter.default is parameter.empty
    ]


def _refused(why: str) -> ApplicationError:
    return ApplicationError(why, type="InputError", non_retryable=True)


def _no_such_signal(name: str, given: Sequence[RawValue]) -> None:
    _show(f"There is no signal {name[:60]!r} here")


def _show(notice: str) -> None:
    """Show a notice on the page: whoever sends a signal hears no answer."""
    refuses = getattr(workflow.instance(), "signal_refused", None)
    if refuses is None:
        workflow.logger.warning("%s", notice)
    else:
        refuses(notice)


def no_such_type(types: Sequence[str]) -> Exception:
    """What to say of a type that no workflow has: what is meant perhaps, and what there is."""
    info = workflow.info()
    close = get_close_matches(info.workflow_type, types, n=1)
    why = f"there is no workflow type {info.workflow_type[:60]!r}" + (f", did you mean {close[0]}" if close else "")
    why += f"; there are {', '.join(types)}" if types else ""
    # One that a program has started waits for a worker whose version has it.
    return RuntimeError(why) if _by_a_program(info) else _refused(why)


def _by_a_program(info: workflow.Info) -> bool:
    return info.parent is not None or info.continued_run_id is not None
