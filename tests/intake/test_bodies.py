"""More than a thousand bodies: none is answered with 500, and nothing that was sent is unrecorded."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.tables import Quarantined
from tests.intake.conftest import Bench, alert, webhook

EXAMPLES = settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])

texts = st.text(st.characters(), max_size=40) | st.sampled_from(
    ["", "acme", "shop", "acme.shop", "\x00", "\ud800", "firing"]
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
fields = st.sampled_from(
    [
        "application",
        "fingerprint",
        "state",
        "severity",
        "title",
        "component",
        "measuring_point",
        "source",
        "since",
        "link",
    ]
)
alarms = st.dictionaries(fields, anything, max_size=6).map(lambda extra: {"application": "acme.shop"} | extra)


def places(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place inside plain data."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [here] + [p for key, part in inner for p in places(part, (*here, key))]


@st.composite
def mutated_webhooks(draw: st.DrawFn) -> Any:
    """A real webhook in which some places hold something else, or nothing."""
    body: Any = webhook(alert(), alert(component="web"))
    for _ in range(draw(st.integers(1, 4))):
        *way, last = draw(st.sampled_from(places(body)[1:]))
        parent: Any = body
        for key in way:
            parent = parent[key]
        if draw(st.booleans()):
            parent[last] = draw(anything)
        else:
            del parent[last]
        if not body:
            break
    return body


def sent(body: Any) -> int:
    """How many messages a body holds, at least: an empty list says nothing, anything else says something."""
    messages = body.get("alerts") if isinstance(body, dict) and isinstance(body.get("alerts"), list) else body
    return len(messages) if isinstance(messages, list) else 1


def check(bench: Bench, path: str, content: bytes, expected: int, run: Callable[[Any], Any]) -> None:
    bench.reporter.taken.clear()
    answer = run(bench.post(path, content=content))
    assert answer.status_code == 200, answer.text
    receipts = answer.json()["receipts"]
    assert len(receipts) >= expected
    quarantined = [r["quarantine"] for r in receipts if r["disposition"] == "quarantined"]
    with bench.records.database.reading() as session:
        assert all(session.get(Quarantined, id) is not None for id in quarantined)
    own = [a for a in bench.reporter.taken if a.source == "intake"]
    assert bool(own) == bool(quarantined)
    assert len(bench.reporter.taken) - len(own) == len(receipts) - len(quarantined)


async def in_thread(work: Callable[[Callable[[Any], Any]], None]) -> None:
    """Let hypothesis, which blocks, drive the app of this loop from a thread."""
    loop = asyncio.get_running_loop()

    def run(coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(60)

    await asyncio.to_thread(work, run)


async def test_no_mutation_of_a_webhook_is_lost(bench: Bench) -> None:
    def work(run: Callable[[Any], Any]) -> None:
        @EXAMPLES
        @given(mutated_webhooks())
        def each(body: Any) -> None:
            content = json.dumps(body).encode()
            whole = not isinstance(body.get("alerts"), list)
            check(bench, "/alarms/alertmanager", content, 1 if whole else sent(body), run)

        each()

    await in_thread(work)


async def test_no_alarm_in_our_own_json_is_lost(bench: Bench) -> None:
    def work(run: Callable[[Any], Any]) -> None:
        @EXAMPLES
        @given(alarms | st.lists(alarms | anything, max_size=4) | anything)
        def each(body: Any) -> None:
            expected = len(body) if isinstance(body, list) else 1
            check(bench, "/alarms", json.dumps(body).encode(), expected, run)

        each()

    await in_thread(work)


async def test_no_bytes_are_lost(bench: Bench) -> None:
    real = json.dumps(deepcopy(webhook(alert()))).encode()

    @st.composite
    def damaged(draw: st.DrawFn) -> bytes:
        start, end = sorted((draw(st.integers(0, len(real))), draw(st.integers(0, len(real)))))
        return real[:start] + draw(st.binary(max_size=8)) + real[end:]

    def work(run: Callable[[Any], Any]) -> None:
        @EXAMPLES
        @given(st.binary(max_size=200) | damaged())
        def each(content: bytes) -> None:
            # Damage may leave a webhook whose list of alerts is empty, and that says nothing.
            check(bench, "/alarms/alertmanager", content, 0 if b'"alerts": []' in content else 1, run)

        each()

    await in_thread(work)
