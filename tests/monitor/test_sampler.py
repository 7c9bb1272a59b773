"""When points are looked at."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from activities.monitor.sampler import ProbeTimetable, Sampler, fraction, next_on_grid
from models.probes import ProbeTarget, Sample, Seen
from tests.monitor.dossiers import plan, point
from tests.monitor.fakes import FakeProber, until


@asynccontextmanager
async def sampling(prober: FakeProber, points: Mapping[str, object], at_once: int = 50) -> AsyncIterator[Sampler]:
    samples: list[Sample] = []
    sampler = Sampler(prober, samples.append, at_once=at_once)
    sampler.follow(plan(dict(points)), 0.1)
    task = asyncio.create_task(sampler.run())
    yield sampler
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_every_point_is_probed_repeatedly() -> None:
    prober = FakeProber()
    async with sampling(prober, {f"p{n}": point(every="100ms") for n in range(50)}) as sampler:
        await until(lambda: len(prober.checks) == 50 and min(prober.checks.values()) >= 5)
    assert sampler.samples >= 250
    assert prober.overlaps == 0


async def test_a_running_probe_is_not_started_again_and_skipped_probes_are_counted() -> None:
    prober = FakeProber()
    prober.takes["acme.shop.slow"] = 0.5
    async with sampling(prober, {"slow": point(every="50ms"), "fast": point(every="50ms")}) as sampler:
        await until(lambda: prober.checks["acme.shop.slow"] >= 3)
    assert prober.overlaps == 0
    assert sampler.skipped >= 10
    assert prober.checks["acme.shop.fast"] > 3 * prober.checks["acme.shop.slow"]


async def test_more_probes_than_slots_cause_lateness_and_no_backlog() -> None:
    prober = FakeProber()
    points = {f"p{n}": point(every="50ms") for n in range(20)}
    prober.takes = {f"acme.shop.p{n}": 0.05 for n in range(20)}
    async with sampling(prober, points, at_once=2) as sampler:
        await until(lambda: len(prober.checks) == 20 and min(prober.checks.values()) >= 3)
        assert sampler.lateness() > 0.1
    assert prober.most_under_way <= 2
    assert max(prober.checks.values()) - min(prober.checks.values()) <= 2, "all get their turn"


async def test_slow_ssh_commands_hold_up_nothing_else() -> None:
    prober = FakeProber()
    command = {"type": "ssh_command", "host": "web1", "command": "df"}
    points: dict[str, object] = {f"s{n}": point(every="50ms", probe=command) for n in range(60)}
    prober.takes = {f"acme.shop.s{n}": 60.0 for n in range(60)}
    async with sampling(prober, {**points, "page": point(every="50ms")}, at_once=40):
        await until(lambda: prober.checks["acme.shop.page"] >= 10)
        assert prober.most_under_way <= 33


async def test_a_changed_point_is_probed_soon_and_a_removed_one_no_more() -> None:
    prober = FakeProber()
    probe = {"type": "tcp", "host": "127.0.0.1", "port": 10}
    async with sampling(prober, {"page": point(every="1h"), "gone": point(every="50ms")}) as sampler:
        await until(lambda: prober.checks["acme.shop.page"] == 1 and prober.checks["acme.shop.gone"])
        sampler.follow(plan({"page": point(every="2h", probe=probe)}), 0.1)
        checks = prober.checks["acme.shop.gone"]
        await until(lambda: prober.ports["acme.shop.page"] == 10)
        await until(lambda: sampler.in_flight == 0)
    assert prober.checks["acme.shop.gone"] <= checks + 1


async def test_a_prober_that_breaks_its_promise_loses_no_point() -> None:
    class Broken:
        async def probe_all(self, targets: list[ProbeTarget], at_once: int) -> list[Sample]:
            raise RuntimeError("secret")

    samples: list[Sample] = []
    sampler = Sampler(Broken(), samples.append, at_once=5)  # type: ignore[arg-type]  # a list is a sequence
    sampler.follow(plan({"page": point(every="50ms")}), 0.0)
    task = asyncio.create_task(sampler.run())
    await until(lambda: len(samples) >= 3)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert {(s.seen, s.detail) for s in samples} == {(Seen.NO_DATA, "the probe failed: RuntimeError")}


def test_points_are_spread_over_their_interval() -> None:
    places = sorted(fraction(f"acme.shop.page-{n}") for n in range(5000))
    assert all(0 <= place < 1 for place in places)
    assert max(later - sooner for sooner, later in pairwise(places)) < 0.01


@given(st.text(min_size=1), st.floats(0.05, 100_000), st.floats(1e9, 2e9), st.floats(0, 1e6), st.floats(0, 100_000))
def test_the_grid_survives_restarts(name: str, every: float, wall: float, now: float, later: float) -> None:
    due = next_on_grid(name, every, wall, now)
    assert now <= due <= now + every
    # another process, with another monotonic clock
    other = next_on_grid(name, every, wall + later, 5.0)
    steps = ((other - 5.0 + wall + later) - (due - now + wall)) / every
    assert abs(steps - round(steps)) * every < 0.01


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 100)), max_size=30))
def test_a_timetable_holds_each_point_once_and_gives_them_in_order(moves: list[tuple[str, float]]) -> None:
    table, latest = ProbeTimetable(), dict[str, float]()
    for name, due in moves:
        table.add(name, due)
        latest[name] = due
    out = []
    while (entry := table.pop(1000)) is not None:
        out.append(entry)
    assert dict(out) == latest
    assert len(out) == len(latest)
    assert [due for _, due in out] == sorted(latest.values())
