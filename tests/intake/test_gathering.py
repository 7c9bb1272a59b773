"""What many senders report to one watch travels together, and each gets the answer to its own alarms."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from activities.alarms.gathering import GatheringReporter
from models.alarms import Alarm, AlarmBatch, BatchReceipt
from models.errors import WatchRefusedError, WatchUnavailableError
from tests.intake.conftest import FakeReporter

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def batch(*titles: str, application: str = "acme.shop", detail: str = "") -> AlarmBatch:
    return AlarmBatch(
        application=application,
        alarms=[
            Alarm(
                application=application,
                fingerprint=f"nagios/{t}",
                title=t,
                source="nagios",
                since=NOW,
                seen_at=NOW,
                detail=detail,
            )
            for t in titles
        ],
    )


def names(receipt: BatchReceipt | BaseException) -> list[str]:
    assert isinstance(receipt, BatchReceipt)
    return [r.fingerprint.removeprefix("nagios/") for r in receipt.receipts]


async def test_a_burst_goes_in_few_updates_and_each_sender_gets_its_own_receipts() -> None:
    reporter = FakeReporter()
    gathering = GatheringReporter(reporter)
    answers = await asyncio.gather(*(gathering.deliver(batch(f"a{n}", f"b{n}")) for n in range(200)))
    assert [names(a) for a in answers] == [[f"a{n}", f"b{n}"] for n in range(200)]
    assert len(reporter.batches) <= 2


async def test_alarms_that_do_not_fit_into_one_update_go_into_the_next() -> None:
    reporter = FakeReporter()
    gathering = GatheringReporter(reporter)
    big = [gathering.deliver(batch(*(f"{s}{n}" for n in range(300)), detail="x" * 1000)) for s in "abcd"]
    await asyncio.gather(*big)
    assert [len(b.alarms) for b in reporter.batches] == [300] * 4


async def test_applications_do_not_wait_for_each_other() -> None:
    reporter = FakeReporter()
    gathering = GatheringReporter(reporter)
    await asyncio.gather(*(gathering.deliver(batch("x", application=f"acme.a{n}")) for n in range(5)))
    assert len(reporter.batches) == 5


async def test_a_sender_whose_alarm_is_refused_does_not_fail_the_others() -> None:
    reporter = FakeReporter(poison="poison")
    gathering = GatheringReporter(reporter)
    senders = [gathering.deliver(batch(t)) for t in ("first", "a", "b", "poison", "c")]
    answers = await asyncio.gather(*senders, return_exceptions=True)
    assert isinstance(answers[3], WatchRefusedError)
    assert [names(a) for n, a in enumerate(answers) if n != 3] == [["first"], ["a"], ["b"], ["c"]]


async def test_while_the_watch_is_down_every_sender_gets_503_and_then_delivery_continues() -> None:
    reporter = FakeReporter(away=True)
    gathering = GatheringReporter(reporter)
    answers = await asyncio.gather(*(gathering.deliver(batch(t)) for t in "abc"), return_exceptions=True)
    assert all(isinstance(a, WatchUnavailableError) for a in answers)
    reporter.away = False
    assert names(await gathering.deliver(batch("d"))) == ["d"]


async def test_a_sender_that_goes_away_takes_nobody_with_it() -> None:
    reporter = FakeReporter()
    gathering = GatheringReporter(reporter)
    gone, stays = (asyncio.create_task(gathering.deliver(batch(t))) for t in ("gone", "stays"))
    await asyncio.sleep(0)
    gone.cancel()
    assert names(await stays) == ["stays"]
    with pytest.raises(asyncio.CancelledError):
        await gone
