"""How data and errors travel through Temporal: pydantic models as JSON, our own errors as their one sentence."""

from __future__ import annotations

import dataclasses

from pydantic import ValidationError
from temporalio.api.failure.v1 import Failure
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DefaultFailureConverter, PayloadConverter
from temporalio.exceptions import ApplicationError

from models.errors import DriftvaktError


class PlainFailureConverter(DefaultFailureConverter):
    """Leaves the stack away where the sentence says it all: an operator who mistyped should see the sentence, not our source."""

    def to_failure(self, exception: BaseException, payload_converter: PayloadConverter, failure: Failure) -> None:
        """Write an exception into a failure."""
        if isinstance(exception, ValidationError):
            exception = ApplicationError(explain(exception), type="InputError", non_retryable=True)
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


def explain(error: ValidationError) -> str:
    """What is wrong with an input, in one sentence: each field and its fault, without the values."""
    faults = "; ".join(
        f"{'.'.join(map(str, e['loc'])) or 'the input'}: {e['msg']}" for e in error.errors(include_url=False)
    )
    return f"{error.title} does not fit: {faults}"


data_converter = dataclasses.replace(pydantic_data_converter, failure_converter_class=PlainFailureConverter)
"""For every client and worker of ours."""
