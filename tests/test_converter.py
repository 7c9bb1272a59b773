"""Errors as they travel through Temporal."""

from __future__ import annotations

import pytest
from temporalio.api.failure.v1 import Failure
from temporalio.exceptions import ApplicationError

from models.converter import data_converter
from models.errors import StoreUnavailableError


def _raised(error: Exception) -> Exception:
    try:
        raise error
    except Exception as caught:
        return caught


def _travelling(error: Exception) -> Failure:
    failure = Failure()
    data_converter.failure_converter.to_failure(error, data_converter.payload_converter, failure)
    return failure


@pytest.mark.parametrize("error", [StoreUnavailableError("no answer"), ApplicationError("no answer", type="X")])
def test_an_error_of_ours_travels_as_its_sentence_and_keeps_its_stack_for_the_log(error: Exception) -> None:
    raised = _raised(error)
    failure = _travelling(raised)
    assert (failure.message, failure.stack_trace) == ("no answer", "")
    assert raised.__traceback__ is not None


def test_an_error_that_nobody_expected_travels_with_its_stack() -> None:
    failure = _travelling(_raised(KeyError("surprise")))
    assert "_raised" in failure.stack_trace
