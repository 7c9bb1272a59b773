"""The limit per hour: counted for all workers together, so that what goes wrong cannot go wrong everywhere."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from activities.records import Records
from activities.records.action_rate import ActionRateLimit
from models.action_rate import ActionRateAnswer, ActionRequest
from tests.records.dossiers import shop

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


def out(operation: str, *hosts: str, application: str = "acme.shop", approved: bool = False) -> ActionRequest:
    return ActionRequest(
        application=application,
        operation=operation,
        title=f"Patch {operation}",
        by="ann",
        hosts=list(hosts),
        approved=approved,
    )


def plan(answer: ActionRateAnswer) -> str:
    assert answer.question is not None
    return answer.question.plan


def test_more_hosts_than_agreed_are_asked_about_with_who_acted_on_how_many(records: Records) -> None:
    records.publish_dossier(shop(), "ann")
    action_rate = ActionRateLimit(records, hosts=3, customers=None)
    assert action_rate.count(out("m.1", "web1", "web2"), NOW).allowed
    asked = action_rate.count(out("m.2", "web2", "db1", "db2"), NOW + timedelta(minutes=10))
    assert not asked.allowed
    assert plan(asked).splitlines() == [
        "Patch m.2 acts on 3 hosts of acme.shop: db1, db2, web2.",
        "Within an hour, Driftvakt would then have acted on 4 hosts (limit: 3).",
        "12:00 UTC, m.1: 2 hosts of acme.shop, Patch m.1, by ann",
    ]
    assert asked.question is not None
    assert (asked.question.deciders.names, asked.question.roles) == (["ann@example.com", "bo"], ["operator"])


def test_hosts_above_the_limit_count_only_after_the_approval(records: Records) -> None:
    action_rate = ActionRateLimit(records, hosts=2, customers=None)
    action_rate.count(out("m.1", "a"), NOW)
    assert not action_rate.count(out("m.2", "b", "c"), NOW).allowed
    assert action_rate.count(out("m.3", "b"), NOW).allowed
    assert action_rate.count(out("m.2", "b", "c", approved=True), NOW).allowed
    assert not action_rate.count(out("m.4", "d"), NOW).allowed


def test_an_hour_later_nothing_counts_any_more(records: Records) -> None:
    action_rate = ActionRateLimit(records, hosts=1, customers=None)
    action_rate.count(out("m.1", "a"), NOW)
    assert not action_rate.count(out("m.2", "b"), NOW + timedelta(minutes=59)).allowed
    assert action_rate.count(out("m.2", "b"), NOW + timedelta(minutes=61)).allowed


def test_hosts_acted_on_already_may_be_acted_on_again(records: Records) -> None:
    action_rate = ActionRateLimit(records, hosts=1, customers=1)
    assert action_rate.count(out("m.1", "a"), NOW).allowed
    assert action_rate.count(out("m.1", "a"), NOW).allowed
    assert action_rate.count(out("m.2", "a"), NOW).allowed


def test_a_host_of_the_same_name_elsewhere_is_another_and_customers_have_a_limit_of_their_own(
    records: Records,
) -> None:
    action_rate = ActionRateLimit(records, hosts=10, customers=1)
    action_rate.count(out("m.1", "a"), NOW)
    assert action_rate.count(out("m.2", "a", application="acme.payroll"), NOW).allowed
    asked = action_rate.count(out("m.3", "a", application="nordvik.booking"), NOW)
    assert "Driftvakt would then have acted on 2 customers (limit: 1)" in plan(asked)


def test_without_limits_nobody_is_asked(records: Records) -> None:
    action_rate = ActionRateLimit(records, hosts=None, customers=None)
    assert action_rate.count(out("m.1", *(f"h{n}" for n in range(2000))), NOW).allowed


@pytest.mark.parametrize("turn", range(3))
def test_operations_that_begin_at_once_do_not_pass_the_limit_together(records: Records, turn: int) -> None:
    action_rate = ActionRateLimit(records, hosts=4, customers=None)
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda n: action_rate.count(out(f"m.{n}", f"h{n}"), NOW), range(12)))
    assert sum(answer.allowed for answer in answers) == 4
