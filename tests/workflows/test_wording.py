"""How incidents word what they measured."""

from __future__ import annotations

from datetime import timedelta

import pytest

from models.dossier.instructions import Check, NotifyStep, RestartStep, RunStep, StartStep, Step
from workflows.runtime.markdown import span
from workflows.steps.text import step_text


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.04, "0s"), (0.34, "300ms"), (9.44, "9s400ms"), (9.96, "10s"), (10.3, "10s"), (645.3, "10m45s"), (3599.7, "1h")],
)
def test_a_time_is_rounded_to_the_precision_that_matters(seconds: float, said: str) -> None:
    assert span(timedelta(seconds=seconds)) == said


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (
            RunStep(component="web", command=["put", "a b"], check="is-put", undo="take", repeatable=True, tries=2),
            "on web run put 'a b', unless is-put succeeds; at most 5m, tried 2 times with 10s between; undone by take",
        ),
        (
            RestartStep(component="web", check=Check(host="web-1", command="is-fresh")),
            "restart web: stop, then start, host by host, unless is-fresh on web-1 succeeds; at most 5m",
        ),
        (StartStep(component="web", undo=[]), "start web; at most 5m; undone by nothing"),
        (
            NotifyStep(roles=["users"], text="Closed.", undo=[NotifyStep(contacts=["karin"], text="Open.")]),
            "notify users: Closed.; at most 5m; undone by notify karin: Open.; at most 5m",
        ),
    ],
    ids=["run", "check", "undo that is nothing", "undo of steps"],
)
def test_a_step_in_words_leaves_nothing_out(step: Step, said: str) -> None:
    assert step_text(step) == said
