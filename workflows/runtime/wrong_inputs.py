"""Answers every unreadable input in one sentence, so that it never makes a workflow stuck.

The SDK reads an input by the type of its handler. Without this module, an unreadable or missing input would have three effects:
an update answers with our source code, a signal is dropped silently, and a workflow fails its task again and again. Here each
sender gets a sentence that names the fields and a sample.
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

from models.errors import InputError
from models.inputs import Unreadable, miscounted


class ReadsInputs(Interceptor):
    """The interceptor of every worker and replayer that runs our workflows; `types` names those that can be started."""

    def __init__(self, types: Sequence[str] = ()) -> None:
        self._types = types

    def workflow_interceptor_class(self, input: WorkflowInterceptorClassInput) -> type[WorkflowInboundInterceptor]:
        """The interceptor of the inputs of each workflow."""
        return type("_InboundOfThese", (_Inbound,), {"types": self._types})


class Begun:
    """Base of a workflow whose `__init__` takes its input; an unreadable input makes a stand-in instead."""

    def __new__(cls, *given: object) -> Self:
        """Make a stand-in for an unreadable input; `execute_workflow` then fails with the sentence."""
        if _fault(cls.__init__, given):
            return typing.cast(Self, _NotBegun())
        return super().__new__(cls)


class _NotBegun:
    """Replaces a workflow with an unreadable input until it has failed with the sentence."""


def only_carried(field: str, value: object) -> None:
    """Refuse a field that only an earlier run of the same workflow may set, because its content is trusted."""
    if value is not None and workflow.info().continued_run_id is None:
        raise _refused(f"only an earlier run may set {field}; leave it out")


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
                input.args = []  # the UI always sends an input
            elif why := _fault(handler, input.args):
                _show(f"A signal could not be read ({input.signal}). {why}")
                return
        await super().handle_signal(input)

    def handle_update_validator(self, input: HandleUpdateInput) -> None:
        _refuse_update(input)
        super().handle_update_validator(input)

    async def handle_update_handler(self, input: HandleUpdateInput) -> Any:
        _refuse_update(input)
        return await super().handle_update_handler(input)


def _method(name: str) -> Callable[..., Any] | None:
    """The method that handles an update or a signal, by its name; the SDK's own handler hides the parameters."""
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
        # A program of another version wrote this: the workflow waits for a worker that can read it, and loses nothing.
        raise RuntimeError(why)
    raise _refused(why)


def _fault(takes: Callable[..., Any], given: Sequence[object]) -> str:
    """Why a handler cannot take these inputs; empty if it can."""
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
    """The parameters without a default."""
    return [
        name
        for name, parameter in inspect.signature(takes).parameters.items()
        if name != "self" and parameter.default is parameter.empty
    ]


def _refused(why: str) -> ApplicationError:
    return ApplicationError(why, type=InputError.__name__, non_retryable=True)


def _no_such_signal(name: str, given: Sequence[RawValue]) -> None:
    _show(f"There is no signal {name[:60]!r} here")


def _show(notice: str) -> None:
    """Show a notice on the page, because the sender of a signal gets no answer."""
    refuses = getattr(workflow.instance(), "signal_refused", None)
    if refuses is None:
        workflow.logger.warning("%s", notice)
    else:
        refuses(notice)


def no_such_type(types: Sequence[str]) -> Exception:
    """The error for an unknown workflow type, with the closest name and all known types."""
    info = workflow.info()
    close = get_close_matches(info.workflow_type, types, n=1)
    why = f"there is no workflow type {info.workflow_type[:60]!r}" + (f", did you mean {close[0]}" if close else "")
    if types:
        why += f"; there are {', '.join(types)}; if it was added after the worker started, restart the worker"
    # A workflow that a program has started waits for a worker whose version has the type.
    return RuntimeError(why) if _by_a_program(info) else _refused(why)


def _by_a_program(info: workflow.Info) -> bool:
    return info.parent is not None or info.continued_run_id is not None
