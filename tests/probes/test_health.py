from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.testing import ActivityEnvironment

from activities.probes.activities import Probes
from activities.probes.health import HealthWatch
from models.probes import HealthVerdict, HttpProbe, ProbeBatch, Sample, Seen, WatchHealth
from tests.probes.conftest import target
from tests.probes.servers import http_server, page

TARGET = target(HttpProbe(url="http://127.0.0.1/"))
SEEN = {"o": Seen.OK, "f": Seen.FAILED, "n": Seen.NO_DATA}
MOMENT = timedelta(milliseconds=50)


def _samples(look: str) -> list[Sample]:
    return [
        Sample(point=f"acme.shop.p{n}", at=datetime.now(UTC), seen=SEEN[c], detail=f"saw {c}")
        for n, c in enumerate(look)
    ]


def _watch(checks: str, **asked: object) -> tuple[int, HealthVerdict | None]:
    """One check a second; a check has a letter for each point. Return the number of checks until the verdict."""
    watch = HealthWatch(WatchHealth(targets=[TARGET], **asked))
    for number, look in enumerate(checks.split(), 1):
        verdict = watch.observe(_samples(look), float(number))
        if verdict is not None:
            return number, verdict
    return len(checks.split()), None


@pytest.mark.parametrize(
    ("checks", "ended", "healthy"),
    [
        ("oo", 1, True),
        ("of ff", 2, False),
        ("of oo", 2, True),
        ("fo of", 2, False),
        ("nn nn nn", 3, None),
        ("of nn of", 3, False),
        ("nn oo", 2, True),
        ("on on", 2, None),
        ("nf nf", 2, False),
    ],
)
def test_a_fault_is_confirmed_by_failures_in_a_row_and_refuted_by_one_healthy_probe(
    checks: str, ended: int, healthy: bool | None
) -> None:
    number, verdict = _watch(checks, failing_checks=2)

    assert number == ended
    assert (verdict and verdict.healthy) is healthy


@pytest.mark.parametrize(
    ("checks", "ended", "healthy"),
    [
        ("o o o o", 4, True),
        ("f o o o o", 5, True),
        ("o o f o o o", 6, None),
        ("o n o o o o", 6, True),
        ("f f f", 3, None),
    ],
)
def test_recovery_is_proven_only_by_health_without_a_break(checks: str, ended: int, healthy: bool | None) -> None:
    number, verdict = _watch(checks, healthy_for=timedelta(seconds=3))

    assert number == ended
    assert (verdict and verdict.healthy) is healthy


def test_with_both_asked_for_a_fault_ends_it_early_and_one_healthy_look_does_not() -> None:
    asked = {"healthy_for": timedelta(seconds=2), "failing_checks": 2}

    assert _watch("o f o f f", **asked)[0] == 5
    assert _watch("f o o o", **asked)[0] == 4


def test_with_nothing_asked_for_the_first_look_decides() -> None:
    assert _watch("of")[1].healthy is False
    assert _watch("oo")[1].healthy is True


def test_the_verdict_lists_the_failing_points_in_one_sentence() -> None:
    _, verdict = _watch("fofffn fofffn", failing_checks=2)

    assert (
        verdict.reason
        == "2 checks in a row failed: acme.shop.p0: saw f; acme.shop.p2: saw f; acme.shop.p3: saw f; and 2 more"
    )
    assert (verdict.certain, verdict.checks, len(verdict.samples)) == (True, 2, 6)


def test_giving_up_says_that_nothing_is_certain() -> None:
    watch = HealthWatch(WatchHealth(targets=[TARGET], failing_checks=3))
    watch.observe(_samples("n"), 1.0)

    verdict = watch.give_up()

    assert (verdict.healthy, verdict.certain) == (False, False)
    assert (
        verdict.reason == "neither 3 failed checks in a row nor a healthy one within 5m (1 check): acme.shop.p0: saw n"
    )


async def test_recovery_is_proven_against_a_real_server_that_comes_back() -> None:
    statuses = iter([503, 200, 503])
    async with http_server(lambda _: page(status=next(statuses, 200))) as server:
        verdict, beats = await _run(
            WatchHealth(targets=[target(HttpProbe(url=server.url()))], every=MOMENT, healthy_for=4 * MOMENT)
        )

    assert verdict.healthy
    assert verdict.checks >= 3 + 5
    assert verdict.reason == "the point was OK for 200ms without a break"
    assert beats >= verdict.checks


async def test_a_blip_is_refuted_by_the_next_look() -> None:
    statuses = iter([503])
    async with http_server(lambda _: page(status=next(statuses, 200))) as server:
        verdict, _ = await _run(
            WatchHealth(targets=[target(HttpProbe(url=server.url()))], every=MOMENT, failing_checks=3)
        )

    assert (verdict.healthy, verdict.checks) == (True, 2)


async def test_a_point_that_stays_unhealthy_gives_a_verdict_when_the_time_is_up(closed_port: int) -> None:
    failing = target(HttpProbe(url=f"http://127.0.0.1:{closed_port}/"))
    verdict, _ = await _run(WatchHealth(targets=[failing], every=MOMENT, healthy_for=MOMENT, give_up_after=4 * MOMENT))

    assert (verdict.healthy, verdict.certain, 1 <= verdict.checks <= 5) == (False, False, True)
    assert verdict.reason.endswith("acme.shop.point: connection refused")


async def test_it_heartbeats_while_a_single_look_takes_long_and_ends_when_cancelled() -> None:
    async def never(_: str) -> bytes:
        await asyncio.Event().wait()
        return b""

    environment, beats = ActivityEnvironment(), []
    environment.info = ActivityEnvironment.default_info().__class__(
        **{**environment.info.__dict__, "heartbeat_timeout": timedelta(milliseconds=60)}
    )
    environment.on_heartbeat = lambda *details: beats.append(details)
    probes = Probes()
    async with http_server(lambda head: never(head)) as server:
        request = ProbeBatch(targets=[target(HttpProbe(url=server.url()))])
        running = asyncio.ensure_future(environment.run(probes.probe_points, request))
        async with asyncio.timeout(90):
            while len(beats) < 3:
                await asyncio.sleep(0.01)
        environment.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    await probes.close()


async def _run(request: WatchHealth) -> tuple[HealthVerdict, int]:
    environment, beats = ActivityEnvironment(), []
    environment.on_heartbeat = lambda *details: beats.append(details)
    probes = Probes()
    verdict = await asyncio.wait_for(environment.run(probes.watch_health, request), 20)
    await probes.close()
    return verdict, len(beats)
