"""What is shown of a change before it is approved, and what an approval is bound to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

from models.change import ChangeKind
from models.dossier.changes import Risk
from models.errors import OPERATION_REFUSED
from tests.changes.plans import change, order, planned, shop

RUN = {"type": "run", "component": "app", "command": "put", "check": "is-put", "undo": "take"}
LOOK = {"type": "run", "component": "web", "command": "nginx -t", "read_only": True}
ON_DB = {"type": "run", "host": "db1", "command": "put", "undo": "take"}
BOOK = {"type": "runbook", "runbook": "free-disk-space", "inputs": {"component": "db"}, "undo": []}

Edit = Callable[[dict[str, Any]], None]


def test_the_radius_names_what_needs_it_passes_through_it_and_talks_to_it() -> None:
    radius = planned(order(change=change(RUN))).radius

    assert radius.components == ["app"]
    assert radius.hosts == ["app1"]
    assert radius.dependants == ["web"]
    assert radius.flows[0] == "A visitor places an order (high impact): web > app > db > payments"
    assert radius.integrations[0] == (
        "card-payments: app to payments, card payments (Betalt Payments AB, inform Betalt's support desk)"
    )


def test_a_command_on_a_host_affects_all_components_there_and_a_read_only_one_affects_none() -> None:
    assert planned(order(change=change(ON_DB))).radius.components == ["db"]
    looking = planned(order(change=change(LOOK))).radius
    assert (looking.components, looking.hosts, looking.whole) == ([], [], False)
    whole = planned(order(change=change({"type": "runbook", "runbook": "x", "undo": []}))).radius
    assert whole.whole
    assert whole.components == ["web", "app", "db", "payments"]


@pytest.mark.parametrize(
    ("steps", "fields", "risk", "why"),
    [
        ([LOOK], {}, Risk.LOW, "low: the author estimates low"),
        ([LOOK], {"risk": "high"}, Risk.HIGH, "high: the author estimates high"),
        ([RUN], {}, Risk.MEDIUM, "medium: app has high impact"),
        ([RUN], {}, Risk.MEDIUM, "medium: Acme Garden AB and Betalt Payments AB may notice it"),
        ([RUN | {"undo": None}], {}, Risk.HIGH, "high: step 1 cannot be rolled back"),
        ([RUN, BOOK | {"undo": None}], {}, Risk.HIGH, "high: step 2 cannot be rolled back"),
        (
            [{"type": "restart", "component": "web"}],
            {},
            Risk.MEDIUM,
            "interrupts A visitor places an order, of high impact",
        ),
    ],
)
def test_the_risk_is_the_highest_of_what_its_author_says_and_what_it_touches(
    steps: list[dict[str, Any]], fields: dict[str, Any], risk: Risk, why: str
) -> None:
    plan = planned(order(change=change(*steps, **fields)))

    assert plan.risk is risk
    assert any(why in reason for reason in plan.why), plan.why


def test_the_text_names_every_host_command_check_and_undo() -> None:
    restart = {"type": "restart", "component": "web", "check": {"host": "web1", "command": "is-fresh"}}
    text = planned(
        order(change=change(RUN, restart, BOOK, before=[LOOK], verify=[LOOK])), **{"free-disk-space": "ab" * 32}
    ).text

    for said in [
        "on app run put, unless is-put succeeds; at most 5m; undone by take",
        "unless is-fresh on web1 succeeds",
        "on web run nginx -t",
        "Component web on web1, web2: systemd unit nginx.service",
        "Host app1: driftvakt@192.0.2.21:22, with sudo",
        "Host web2: driftvakt@192.0.2.12:22, with sudo",
        "Runbook free-disk-space: source abababababab",
        "latency at most 3 times the latency before, plus 500ms",
    ]:
        assert said in text, said


def edited(part: str, *keys: str | int, value: Any) -> Edit:
    def edit(data: dict[str, Any]) -> None:
        at = data[part]
        for key in keys[:-1]:
            at = at[key]
        at[keys[-1]] = value

    return edit


STEP = ("changes", "release", "steps", 1)


@pytest.mark.parametrize(
    ("edit", "same"),
    [
        (edited("instructions", *STEP, "command", value="rm -rf /"), False),
        (edited("instructions", *STEP, "check", value="true"), False),
        (edited("instructions", *STEP, "undo", value="true"), False),
        (edited("instructions", "changes", "release", "healthy_for", value="1s"), False),
        (edited("instructions", "changes", "release", "bounds", "values", "db-disk", "rise", value=50), False),
        (edited("instructions", "changes", "release", "on_failure", value="ask"), False),
        (edited("architecture", "hosts", "app1", "address", value="192.0.2.99"), False),
        (edited("architecture", "hosts", "app1", "user", value="root"), False),
        (edited("architecture", "components", "app", "hosts", value=["app1", "web1"]), False),
        (edited("architecture", "components", "web", "control", value={"type": "systemd", "unit": "x"}), False),
        (edited("instructions", "changes", "reload-web", "title", value="Another change"), True),
        (edited("contacts", "jonas", "phone", value="+46 8 1234567"), True),
        (edited("architecture", "components", "app", "notes", value="It is slow."), True),
    ],
)
def test_the_digest_changes_with_hosts_commands_checks_and_undo_and_with_nothing_else(edit: Edit, same: bool) -> None:
    before = planned(order(routine="release"))
    data = shop().model_dump(mode="json")
    edit(data)

    after = planned(order(routine="release"), shop(**data))

    assert (after.digest == before.digest) is same


def test_the_digest_changes_with_the_source_of_a_runbook_that_is_called() -> None:
    one = planned(order(change=change(BOOK)), **{"free-disk-space": "a", "other": "x"})
    other = planned(order(change=change(BOOK)), **{"free-disk-space": "b", "other": "x"})
    unrelated = planned(order(change=change(BOOK)), **{"free-disk-space": "a", "other": "y"})

    assert one.digest != other.digest
    assert one.digest == unrelated.digest


def test_a_routine_that_was_agreed_once_for_all_is_asked_about_only_where_that_is_wished() -> None:
    standard = planned(order(routine="reload-web"))
    normal = planned(order(routine="reload-web", kind="normal"))

    assert (standard.kind, standard.questions) == (ChangeKind.STANDARD, [])
    assert [question.party for question in normal.questions] == ["supplier", "customer"]


def test_each_party_is_asked_by_its_own_people_and_as_was_agreed_for_the_risk() -> None:
    agreed = {"high": {"customer": {"roles": ["change-approver", "system-owner"], "count": 2}}, "low": {}}
    data = shop().model_dump(mode="json")
    data["agreement"]["changes"] = {"approvals": agreed}

    [customer] = planned(order(routine="release"), shop(**data)).questions
    usual = planned(order(routine="release")).questions

    assert customer.approval.count == 2
    assert set(customer.deciders) == {"karin.holm@acme.example", "oskar.lind@acme.example"}
    assert [(q.party, q.deciders) for q in usual] == [
        ("supplier", ["jonas.berg@driftbolaget.example", "on-call@driftbolaget.example"]),
        ("customer", ["karin.holm@acme.example"]),
    ]


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({}, "either a routine of the dossier or described in full"),
        ({"routine": "release", "change": change(RUN)}, "either a routine of the dossier or described in full"),
        ({"routine": "release", "kind": "standard"}, "the routine release is not a standard change"),
        ({"change": change(RUN), "kind": "standard"}, "a change that is described in full is not a standard change"),
        (
            {"change": change(RUN | {"component": "appp"})},
            "acme.shop has no component 'appp'; it has web, app, db, payments",
        ),
        ({"change": change(ON_DB | {"host": "db9"})}, "acme.shop has no host 'db9'"),
        ({"change": change({"type": "probe", "measuring_points": ["x"]})}, "acme.shop has no measuring point 'x'"),
        ({"change": change(RUN, bounds={"values": {"x": {"rise": 1}}})}, "acme.shop has no measuring point 'x'"),
        (
            {
                "change": change(
                    {
                        "type": "ask",
                        "question": "?",
                        "approval": {"roles": ["operator"]},
                        "undo": [RUN | {"component": "c"}],
                    }
                )
            },
            "acme.shop has no component 'c'",
        ),
        (
            {"change": change({"type": "ask", "question": "?", "approval": {"roles": ["boss"]}})},
            "acme.shop has no contact with the role 'boss'; it has change-approver, data-owner, operator, system-owner",
        ),
    ],
)
def test_an_impossible_change_is_refused_in_one_sentence(fields: dict[str, Any], why: str) -> None:
    with pytest.raises(ApplicationError) as refused:
        planned(order(**fields))

    assert refused.value.type == OPERATION_REFUSED
    assert why in refused.value.message


@pytest.mark.parametrize(
    ("agreed", "why"),
    [
        ({}, "nobody may approve this change: give somebody the role change-approver"),
        ({"low": {"supplier": {"roles": ["boss"]}}}, "nobody of the supplier has the role boss"),
    ],
)
def test_a_change_that_nobody_may_approve_is_refused_rather_than_asked_of_anybody(
    agreed: dict[str, Any], why: str
) -> None:
    data = shop().model_dump(mode="json")
    data["agreement"]["changes"] = {"approvals": agreed}
    for contact in data["contacts"].values():
        contact["roles"] = ["operator"]

    with pytest.raises(ApplicationError) as refused:
        planned(order(routine="release"), shop(**data))

    assert why in refused.value.message
