"""How incidents word what they measured."""

from __future__ import annotations

from datetime import timedelta

import pytest

from workflows.text import span


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.04, "0s"), (0.34, "300ms"), (9.44, "9s400ms"), (9.96, "10s"), (10.3, "10s"), (645.3, "10m45s"), (3599.7, "1h")],
)
def test_a_time_is_told_no_more_exactly_than_it_matters(seconds: float, said: str) -> None:
    assert span(timedelta(seconds=seconds)) == said
