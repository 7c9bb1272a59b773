"""The encoding of data and errors for Temporal: pydantic models as JSON, our own errors as their sentence."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from typing import Any, Final, NoReturn

from pydantic import BaseModel, ValidationError
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.contrib.pydantic import PydanticJSONPlainPayloadConverter, pydantic_data_converter
from temporalio.converter import (
    CompositePayloadConverter,
    DefaultFailureConverter,
    DefaultPayloadConverter,
    EncodingPayloadConverter,
    JSONPlainPayloadConverter,
    PayloadConverter,
)
from temporalio.exceptions import ApplicationError

from models.errors import DriftvaktError, InputError
from models.inputs import Delivered, Unreadable, fault_text, wrong_input

WRONG_INPUT: Final[list[type[BaseException]]] = [ValidationError, InputError]
"""Errors for which a workflow with a wrong input fails with a sentence, instead of retrying its first task forever."""

_NO_UPDATE = re.compile(r"Update handler for '(.*)' expected but not found.*known updates: \[(.*)\]", re.DOTALL)
"""The SDK's message about an update that a workflow does not have."""


class _Json(PydanticJSONPlainPayloadConverter):
    """A JSON converter that reports wrong inputs by their fields."""

    def from_payload(self, payload: Payload, type_hint: type | None = None) -> Any:
        """Decode one value."""
        try:
            return super().from_payload(payload, type_hint)
        except ValidationError as error:
            if not _is_model(type_hint):
                raise
            return _unreadable(type_hint, error)


class PlainPayloadConverter(CompositePayloadConverter):
    """A payload converter that refuses other data than a model by field names, and passes a wrong `Delivered` on."""

    def __init__(self) -> None:
        super().__init__(*(_json(one) for one in DefaultPayloadConverter.default_encoding_payload_converters))

    def from_payloads(self, payloads: Sequence[Payload], type_hints: list[type] | None = None) -> list[Any]:
        """Decode values; null and anything that is not JSON are refused for a model."""
        try:
            values = super().from_payloads(payloads, type_hints)
        except KeyError:
            values = [None] * len(payloads)
            if not type_hints or not all(map(_is_model, type_hints)):
                raise
        if not type_hints:
            return values
        return [
            _unreadable(hint, None) if _is_model(hint) and not isinstance(value, hint | Unreadable) else value
            for value, hint in zip(values, type_hints, strict=False)
        ]


def _json(converter: EncodingPayloadConverter) -> EncodingPayloadConverter:
    return _Json() if isinstance(converter, JSONPlainPayloadConverter) else converter


def _is_model(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, BaseModel)


def _unreadable(hint: Any, error: ValidationError | None) -> Unreadable:
    why = wrong_input(hint, error)
    return Unreadable(why) if issubclass(hint, Delivered) else _refuse(why)


def _refuse(why: str) -> NoReturn:
    raise InputError(why) from None


class PlainFailureConverter(DefaultFailureConverter):
    """A failure converter without stack traces where the sentence is enough: an operator who mistyped needs no source
    code.
    """

    def to_failure(self, exception: BaseException, payload_converter: PayloadConverter, failure: Failure) -> None:
        """Encode an exception as a failure."""
        exception = _plain(exception)
        if not isinstance(exception, ApplicationError | DriftvaktError):
            super().to_failure(exception, payload_converter, failure)
            return
        # Writing a stack reads the source of each of its lines: too dear for what is thrown away.
        stack, exception.__traceback__ = exception.__traceback__, None
        try:
            super().to_failure(exception, payload_converter, failure)
        finally:
            exception.__traceback__ = stack
        failure.stack_trace = ""


def _plain(exception: BaseException) -> BaseException:
    """Return the original error of an input, without the SDK's wrapping."""
    if isinstance(exception, RuntimeError):
        if isinstance(exception.__cause__, InputError):
            return _input_error(str(exception.__cause__))
        if found := _NO_UPDATE.match(str(exception)):
            return _input_error(
                f"there is no update {found[1][:60]!r}; there are {', '.join(found[2].split()) or 'none'}"
            )
    if isinstance(exception, ValidationError):
        return _input_error(explain(exception))
    return exception


def _input_error(sentence: str) -> ApplicationError:
    return ApplicationError(sentence, type=InputError.__name__, non_retryable=True)


def explain(error: ValidationError) -> str:
    """Describe a faulty model from a program in one sentence: each field and its fault, without the values."""
    faults = "; ".join(fault_text(fault, place="" if fault["loc"] else "the input") for fault in error.errors())
    return f"{error.title} does not fit: {faults}"


data_converter = dataclasses.replace(
    pydantic_data_converter,
    payload_converter_class=PlainPayloadConverter,
    failure_converter_class=PlainFailureConverter,
)
"""The converter of every client and worker of Driftvakt."""
