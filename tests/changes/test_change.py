"""Making a change, from the order to its proof or its undoing, against scripted hosts."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment

from models.jobs import Outcome
from models.lease import LEASES, LeaseTime
from models.notices import Occasion
from models.operation import AbortOperation, OperationEnd, OperationReply, OperationState, OperationStatus
from models.probes import Seen
from tests.changes.scene import (
    BY,
    CUSTOMER,
    MADE,
    RELEASE,
    SUPPLIER,
    Handle,
    Scene,
    agree,
    changing,
    review_of,
    until_asked_of,
)
from tests.fakes import Answer
from tests.servers import pass_time
from tests.workflows.waiting import until_asked
from tests.workflows.world import decide, gates

FAILED, UNKNOWN = Answer(outcome=Outcome.FAILED), Answer(outcome=Outcome.UNKNOWN)
OPERATOR = "on-call@driftbolaget.example"

EMERGENCY = {"kind": "emergency"}


async def test_nothing_is_done_before_both_parties_have_approved_and_then_all_of_it_is(client: Client) -> None:
    scene = Scene()
    async with changing(client, scene) as handle:
        gate = await until_asked_of(handle, SUPPLIER)
        await decide(handle, "approve", SUPPLIER, gate=gate.id, plan=gate.digest[:8])
        gate = await until_asked_of(handle, CUSTOMER)
        assert "on app run install; at most 5m; undone by remove" in gate.question.plan
        assert (scene.acted, scene.leases) == ([], [])
        await decide(handle, "approve", CUSTOMER, gate=gate.id, plan=gate.digest[:8])
        outcome = await handle.result()

    assert outcome.end is OperationEnd.DONE
    assert [scene.acted[0], *sorted(scene.acted[1:3]), *scene.acted[3:6]] == MADE  # both hosts at the same time
    assert sorted(scene.acted[6:]) == ["web1: start web", "web2: start web"]
    assert scene.leases[0].components.names == ["web", "app", "db"]
    assert len(scene.given_back) == 1
    assert outcome.data["radius"]["flows"][0].startswith("A visitor places an order")
    assert ("change", "done") in [(o.kind, o.outcome) for batch in scene.records for o in batch.operations]
    [held] = lease_times(scene)
    assert held.announced_at is not None
    assert held.announced_until is not None
    assert held.until is not None
    assert held.announced_at < held.since < held.until < held.announced_until


def lease_times(scene: Scene) -> list[LeaseTime]:
    """The times in which the change held a lease, by its last record."""
    last = [one for batch in scene.records for one in batch.operations if one.kind == "change"][-1]
    return [LeaseTime.model_validate(one) for one in last.data[LEASES]]


async def test_one_no_is_enough_and_the_other_party_need_not_answer_any_more(client: Client) -> None:
    scene = Scene()
    async with changing(client, scene) as handle:
        gate = await until_asked_of(handle, CUSTOMER)
        await decide(handle, "refuse", CUSTOMER, gate=gate.id, plan=gate.digest[:8], note="Not in December")
        outcome = await handle.result()

    assert outcome.end is OperationEnd.REFUSED
    assert outcome.summary.startswith("it was not approved by the ")
    assert (scene.acted, scene.leases) == ([], [])


async def test_a_change_that_only_its_requester_could_approve_is_refused_at_once(client: Client) -> None:
    scene = Scene()
    scene.publish(lambda dossier: dossier["contacts"]["on-call"].update(roles=["operator"]))
    async with changing(client, scene, by="Jonas Berg") as handle:
        outcome = await handle.result()

    assert outcome.end is OperationEnd.REFUSED
    assert outcome.summary.startswith(
        f"{SUPPLIER} asked for it and may not approve it, and nobody else holds change-appro"
    )
    assert scene.acted == []


@pytest.mark.parametrize("who", ["anna.ek@driftbolaget.example", "jonas.berg@driftbolaget.example.org"])
async def test_a_change_of_somebody_whom_the_dossier_does_not_know_is_refused(client: Client, who: str) -> None:
    async with changing(client, Scene(), by=who) as handle:
        outcome = await handle.result()

    assert outcome.end is OperationEnd.REFUSED
    assert outcome.summary.startswith(f"{who} is not a contact of acme.shop; the contacts are: ")


async def test_one_person_cannot_submit_and_approve_under_two_names(client: Client) -> None:
    scene = Scene()
    scene.publish(_second_approver)
    async with changing(client, scene, by="jonas") as handle:
        gate = await until_asked_of(handle, SUPPLIER)
        for name in (SUPPLIER, SUPPLIER.upper(), f"Jonas <{SUPPLIER}>", "JONAS", "Jonas Berg"):
            with pytest.raises(WorkflowUpdateFailedError) as refused:
                await decide(handle, "approve", name, gate=gate.id, plan=gate.digest[:8])
            assert isinstance(refused.value.cause, ApplicationError)
            assert "asked for this and may not decide it" in refused.value.cause.message
        await handle.terminate()


async def test_one_person_does_not_count_twice_where_two_must_approve(client: Client) -> None:
    scene = Scene(
        approvals={"supplier": {"roles": ["change-approver"], "count": 2, "within": "1d", "on_silence": "refuse"}}
    )
    scene.publish(_second_approver)
    scene.publish(lambda data: data["contacts"]["jonas"].update(login="jberg"))
    async with changing(client, scene, by="oskar") as handle:
        gate = await until_asked_of(handle, SUPPLIER)
        receipt = await decide(handle, "approve", "jberg", gate=gate.id, plan=gate.digest[:8])
        assert (receipt.decided, receipt.message) == (False, "Noted; 1 more must agree.")
        for name in (SUPPLIER, SUPPLIER.upper(), f'"Berg, Jonas" <{SUPPLIER}>', "jonas", "JBERG", "Jonas Berg"):
            with pytest.raises(WorkflowUpdateFailedError) as refused:
                await decide(handle, "approve", name, gate=gate.id, plan=gate.digest[:8])
            assert isinstance(refused.value.cause, ApplicationError)
            assert refused.value.cause.message == f"{SUPPLIER} has answered gate {gate.id} already"
        receipt = await decide(handle, "approve", "on-call", gate=gate.id, plan=gate.digest[:8])
        assert receipt.decided
        await handle.terminate()


def _second_approver(data: dict[str, Any]) -> None:
    data["contacts"]["on-call"]["roles"] = ["operator", "change-approver"]


def _command(data: dict[str, Any]) -> None:
    data["instructions"]["changes"]["release"]["steps"][1]["command"] = "install something else"


def _address(data: dict[str, Any]) -> None:
    data["architecture"]["hosts"]["app1"]["address"] = "192.0.2.99"


def _phone(data: dict[str, Any]) -> None:
    data["contacts"]["jonas"]["phone"] = "+46 8 123 45 67"


def _gone(data: dict[str, Any]) -> None:
    del data["instructions"]["changes"]["release"]


@pytest.mark.parametrize(
    ("edit", "said"),
    [(_command, "different now: its steps."), (_address, "different now: host app1."), (_phone, None)],
    ids=["a command", "a host", "nothing of it"],
)
async def test_a_plan_that_was_altered_after_it_was_approved_is_refused_before_anything_is_done(
    skipping: WorkflowEnvironment, edit: Any, said: str | None
) -> None:
    scene = Scene()
    opens = datetime.now(UTC) + timedelta(days=2)
    async with changing(skipping.client, scene, not_before=opens) as handle:
        await agree(handle)
        scene.publish(edit)
        outcome = await handle.result()

    if said is None:
        assert outcome.end is OperationEnd.DONE
        return
    assert outcome.end is OperationEnd.REFUSED
    assert said in outcome.summary
    assert scene.acted == []
    assert len(scene.given_back) == 1


@pytest.mark.parametrize(
    ("line", "answer", "undone"),
    [
        ("app1: install", FAILED, ["app1: remove", "web1: start web", "web2: start web"]),
        ("app1: install", UNKNOWN, ["app1: remove", "web1: start web", "web2: start web"]),
        ("app1: install", Answer(nothing_to_do=True), None),
        ("web2: stop web", FAILED, ["web1: start web", "web2: start web"]),
        (
            "app1: start app",
            FAILED,
            ["app1: remove", "web1: start web", "web2: start web", "app1: stop app", "app1: start app"],
        ),
    ],
    ids=["a command failed", "not known", "nothing to do", "a stop failed", "a restart failed"],
)
async def test_a_failed_step_rolls_back_all_earlier_steps_in_reverse(
    client: Client, line: str, answer: Answer, undone: list[str] | None
) -> None:
    scene = Scene()
    scene.answer(line, answer, Answer())
    async with changing(client, scene) as handle:
        await agree(handle)
        outcome = await handle.result()

    if undone is None:
        assert outcome.end is OperationEnd.DONE
        return
    assert outcome.end is OperationEnd.UNDONE
    after = scene.acted[scene.acted.index(line) + 1 :]
    web = [n for n, one in enumerate(after) if one.endswith("start web")]
    after[web[0] : web[-1] + 1] = sorted(after[web[0] : web[-1] + 1])  # both hosts at once
    assert [one for one in after if one != "web1: stop web"] == undone
    assert scene.reported == []


@pytest.mark.parametrize(
    ("worse", "wrong"),
    [
        (
            {"seen": Seen.FAILED, "detail": "refused"},
            "acme.shop.app-port was healthy before the change and is not now: refused",
        ),
        ({"latency_ms": 5000.0}, "acme.shop.app-port answers in 5000 ms (100 ms before); at most 800 ms was agreed"),
    ],
    ids=["ill", "slow"],
)
async def test_a_change_that_makes_anything_worse_is_rolled_back(
    skipping: WorkflowEnvironment, worse: dict[str, Any], wrong: str
) -> None:
    scene = Scene()
    scene.on("app1: install", lambda: scene.points.update({"app-port": worse}))
    scene.on("app1: remove", lambda: scene.well("app-port"))
    async with changing(skipping.client, scene) as handle:
        await agree(handle)
        outcome = await handle.result()

    assert outcome.end is OperationEnd.UNDONE
    assert wrong in outcome.summary
    assert scene.acted.count("app1: remove") == 1


async def test_a_point_that_was_unhealthy_before_does_not_count_against_the_change(client: Client) -> None:
    scene = Scene(verify=[])
    scene.fail("app-port")
    async with changing(client, scene) as handle:
        await agree(handle)
        outcome = await handle.result()

    assert outcome.end is OperationEnd.DONE


async def test_an_undo_that_fails_is_handed_to_people_with_the_state_as_it_is(client: Client) -> None:
    scene = Scene()
    scene.answer("app1: start app", FAILED)
    scene.answer("app1: remove", FAILED)
    async with changing(client, scene) as handle:
        await agree(handle)
        outcome = await handle.result()

    assert outcome.end is OperationEnd.FAILED
    [report] = scene.reported
    assert report.order.title == f"The change {handle.id} could not be rolled back: Install a new release"
    assert "Not rolled back: on app run install; stop web; restart app" in report.order.note
    assert outcome.data["not_undone"] == [
        "on app run install",
        "stop web",
        "restart app: stop, then start, host by host",
    ]
    assert outcome.data["incident"] == "inc.acme.shop.17"
    assert "web1: start web" not in scene.acted, (
        "components that depend on one that could not be rolled back stay as they are"
    )
    assert len(scene.given_back) == 1


async def test_a_change_waits_for_its_window(skipping: WorkflowEnvironment) -> None:
    scene = Scene()
    opens = datetime.now(UTC) + timedelta(days=3)
    async with changing(skipping.client, scene, not_before=opens, window_until=opens + timedelta(hours=2)) as handle:
        await agree(handle)
        outcome = await handle.result()

    assert outcome.end is OperationEnd.DONE
    assert outcome.closed_at >= opens


async def test_a_change_whose_window_is_over_when_it_is_approved_is_missed(client: Client) -> None:
    scene = Scene()
    until = datetime.now(UTC) + timedelta(seconds=2)
    async with changing(client, scene, window_until=until) as handle:
        await until_asked_of(handle, CUSTOMER)
        while datetime.now(UTC) < until:
            await asyncio.sleep(0.1)
        await agree(handle)
        outcome = await handle.result()

    assert outcome.end is OperationEnd.MISSED
    assert scene.acted == []


async def test_a_freeze_keeps_a_normal_change_back_and_lets_an_emergency_pass(client: Client) -> None:
    def freeze(data: dict[str, Any]) -> None:
        data["agreement"]["freezes"] = [
            {"since": "2020-01-01", "until": "2099-12-31", "time_zone": "Europe/Stockholm", "reason": "Christmas"}
        ]

    scene = Scene()
    scene.publish(freeze)
    async with changing(client, scene) as handle:
        refused = await handle.result()
    async with changing(client, scene, **EMERGENCY) as handle:
        passed = await handle.result()

    assert refused.end is OperationEnd.REFUSED
    assert "is frozen until" in refused.summary
    assert "Christmas" in refused.summary
    assert passed.end is OperationEnd.DONE
    assert scene.leases[-1].emergency


async def test_a_freeze_of_some_components_lets_a_change_pass_that_acts_on_none(client: Client) -> None:
    def freeze(data: dict[str, Any]) -> None:
        always = {"since": "2020-01-01", "until": "2099-12-31", "time_zone": "Europe/Stockholm"}
        data["agreement"]["freezes"] = [always | {"reason": "Christmas", "components": ["web"], "passes": []}]

    scene = Scene(before=[], steps=[{"type": "wait", "duration": "1s", "reason": "People act"}], verify=[])
    scene.publish(freeze)
    async with changing(client, scene) as handle:
        await agree(handle)
        outcome = await handle.result()

    assert outcome.end is not OperationEnd.REFUSED, outcome.summary


async def test_a_standard_change_is_asked_about_by_nobody_and_needs_no_review_when_it_went_well(client: Client) -> None:
    scene = Scene(standard=True)
    async with changing(client, scene) as handle:
        outcome = await handle.result()

        assert outcome.end is OperationEnd.DONE
        with pytest.raises(Exception, match="not found"):
            await review_of(client, handle).describe()


async def test_people_review_a_change_after_the_agreed_days_and_their_lessons_are_recorded(
    skipping: WorkflowEnvironment,
) -> None:
    scene = Scene()
    async with changing(skipping.client, scene) as handle:
        await agree(handle)
        outcome = await handle.result()
        review = review_of(skipping.client, handle)
        await pass_time(skipping, timedelta(days=7, minutes=1))
        gate = await until_asked(review, "with-lessons")
        await decide(review, "with-lessons", OPERATOR, note="Stop the queue first.")
        looked_back = await review.result()

    assert outcome.summary in gate.question.text
    assert looked_back.data["note"] == "Stop the queue first."
    assert looked_back.closed_at - outcome.closed_at >= timedelta(days=7)


async def test_an_emergency_is_carried_out_first_and_approved_afterwards(client: Client) -> None:
    scene = Scene()
    async with changing(client, scene, **EMERGENCY) as handle:
        outcome = await handle.result()
        approval = review_of(client, handle, ".approval")
        assert outcome.end is OperationEnd.DONE
        await agree(approval)
        approved = await approval.result()

    assert approved.end is OperationEnd.DONE
    assert approved.data.pop("due")
    assert approved.data == {"change": handle.id, "approved": True, "late": False}
    [held] = lease_times(scene)
    assert held.announced_at is None  # the customer approved it afterwards


async def test_an_emergency_that_nobody_approves_in_time_is_escalated_and_asked_about_again(
    skipping: WorkflowEnvironment,
) -> None:
    scene = Scene()
    async with changing(skipping.client, scene, **EMERGENCY) as handle:
        await handle.result()
        approval = review_of(skipping.client, handle, ".approval")
        gate = await until_asked_of(approval, CUSTOMER)
        await decide(approval, "approve", CUSTOMER, gate=gate.id, plan=gate.digest[:8])
        await pass_time(skipping, timedelta(days=2, minutes=1))
        gate = await until_asked_of(approval, SUPPLIER)
        await decide(approval, "approve", SUPPLIER, gate=gate.id, plan=gate.digest[:8])
        approved = await approval.result()

    [notice] = [n for n in scene.notices if n.occasion is Occasion.MESSAGE]
    asked = [n.audience.contacts for n in scene.notices if n.occasion is Occasion.DECISION]
    reminded = [n.audience.contacts for n in scene.notices if n.occasion is Occasion.DECISION_REMINDER]
    assert CUSTOMER in asked[0] + asked[1]
    assert any(SUPPLIER in people for people in reminded)
    assert not any(CUSTOMER in people for people in reminded)
    assert SUPPLIER in notice.audience.contacts
    assert OPERATOR in notice.audience.contacts
    assert "nobody has answered" in notice.facts.text
    assert approved.data["late"]


async def test_an_emergency_change_without_late_approval_is_recorded_and_people_are_notified(
    client: Client,
) -> None:
    scene, states = Scene(), list[OperationState]()
    async with changing(client, scene, **EMERGENCY) as handle:
        await handle.result()
        approval = review_of(client, handle, ".approval")
        for who, option in ((SUPPLIER, "approve"), (CUSTOMER, "refuse")):
            gate = await until_asked_of(approval, who)
            await decide(approval, option, who, gate=gate.id, plan=gate.digest[:8], note="It could have waited")
            if who == SUPPLIER:
                states.append(await state_after_answer(approval, who))
        refused = await approval.result()

    assert states == [OperationState.DECIDING]  # the customer's answer is missing
    assert refused.end is OperationEnd.REFUSED
    [told] = [n for n in scene.notices if n.occasion is Occasion.MESSAGE]
    assert "The customer did not approve" in told.facts.text


async def state_after_answer(handle: Handle, who: str) -> OperationState:
    """The state of a workflow after its timeline has the answer of a person."""
    async with asyncio.timeout(90):
        while True:
            status = await handle.query("status", result_type=OperationStatus)
            if any(line.text.startswith(f"approve by {who}") for line in status.timeline):
                return status.state
            await asyncio.sleep(0.02)


async def test_a_rehearsal_shows_every_step_with_its_undo_and_changes_nothing(client: Client) -> None:
    scene = Scene()
    async with changing(client, scene, rehearse=True) as handle:
        outcome = await handle.result()

    assert outcome.end is OperationEnd.REHEARSED
    assert all(request.rehearse for request in [*scene.jobs, *scene.ensured])
    assert (scene.leases, scene.notices) == ([], [])
    for command in ("db1: backup", "app1: install", "app1: remove", "web2: stop web", "web2: start web"):
        assert command in scene.acted
    said = [f"{report.title}: {report.detail}" for report in outcome.steps]
    assert (
        f"For the customer: do you approve this change: Install a new release? medium risk: would ask {CUSTOMER}"
        in said
    )
    assert any(line.startswith("Undo: on app run install") for line in said)


async def test_a_check_that_fails_before_leaves_everything_as_it_was(client: Client) -> None:
    scene = Scene()
    scene.answer("db1: backup", FAILED)
    async with changing(client, scene) as handle:
        await agree(handle)
        outcome = await handle.result()

    assert outcome.end is OperationEnd.FAILED
    assert "nothing was changed: before 1, on db run backup, failed" in outcome.summary
    assert scene.acted == ["db1: backup"]


async def test_a_change_that_finds_all_as_it_should_be_says_so(client: Client) -> None:
    scene = Scene(before=[], verify=[], steps=[{"type": "start", "component": "app"}])
    scene.answer("app1: start app", Answer(nothing_to_do=True))
    async with changing(client, scene) as handle:
        await agree(handle)
        outcome = await handle.result()

    assert outcome.end is OperationEnd.NOTHING_TO_DO


async def test_a_change_that_is_aborted_is_rolled_back(client: Client) -> None:
    wait = {"type": "wait", "duration": "1s", "reason": "settle"}
    scene = Scene(steps=[RELEASE["steps"][1], wait, RELEASE["steps"][3]])
    async with changing(client, scene) as handle:
        await agree(handle)
        while "app1: install" not in scene.acted:
            await asyncio.sleep(0.02)
        stop = AbortOperation(by=BY, reason="The customer calls")
        await handle.execute_update("abort", stop, result_type=OperationReply)
        outcome = await handle.result()

    assert outcome.end is OperationEnd.ABORTED
    assert "The customer calls" in outcome.summary
    assert scene.acted[-1] == "app1: remove"
    assert "web1: start web" not in scene.acted


@pytest.mark.parametrize(
    ("choice", "end", "after"),
    [
        ("retry", OperationEnd.DONE, ["app1: install", "app1: stop app", "app1: start app"]),
        ("skip", OperationEnd.DONE, ["app1: stop app", "app1: start app"]),
        ("stop", OperationEnd.UNDONE, ["app1: remove"]),
    ],
)
async def test_where_people_are_to_be_asked_it_goes_on_from_the_step_that_failed(
    client: Client, choice: str, end: OperationEnd, after: list[str]
) -> None:
    scene = Scene(on_failure="ask")
    scene.answer("app1: install", FAILED, Answer())
    async with changing(client, scene) as handle:
        await agree(handle)
        gate = await until_asked(handle, "retry")
        assert "the change is rolled back" in gate.question.options[-1].means
        await decide(handle, choice, OPERATOR, note="seen")
        outcome = await handle.result()

    assert outcome.end is end
    at = scene.acted.index("app1: install")
    assert scene.acted[at + 1 : at + 1 + len(after)] == after
    assert scene.acted.count("db1: backup") == 1, "what was done is not done again"


async def test_the_page_shows_what_it_touches_and_what_it_waits_for(client: Client) -> None:
    scene = Scene()
    async with changing(client, scene) as handle:
        await until_asked_of(handle, CUSTOMER)
        status: OperationStatus = await handle.query("status", result_type=OperationStatus)
        open_gates = await gates(handle)
        await handle.terminate()

    assert status.title == "Install a new release"
    assert {g.question.roles[0] for g in open_gates} == {"change-approver"}
