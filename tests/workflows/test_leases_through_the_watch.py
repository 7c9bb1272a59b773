"""The lease as its holders ask for it: by the activity, of the watch that runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment

from activities.lease.activities import Leases
from models.errors import UserError
from models.lease import LeaseAnswer, LeaseMode, LeaseState, RequestLease
from models.names import watch_id
from models.operation_kinds import CHANGE
from models.records import TakeTokens, Tokens
from models.scope import Scope
from tests.workflows.shop import APPLICATION, DEPENDS_ON, OPERATOR
from tests.workflows.test_watch_orders import StandInIncident
from tests.workflows.waiting import hand_on
from tests.workflows.world import World, begin_watching, watch_status
from workflows.watch.workflow import Watch

HOLDER = "change.acme.shop.4"


def order(*components: str, holder: str = HOLDER, **fields: Any) -> RequestLease:
    usual: dict[str, Any] = {
        "application": APPLICATION,
        "holder": holder,
        "key": f"{holder}/r1/lease/1",
        "kind": CHANGE.name,
        "title": holder,
        "by": OPERATOR,
        "until": datetime.now(UTC) + timedelta(hours=1),
    }
    if components:  # else the whole application
        usual["components"] = list(components)
    return RequestLease.model_validate(usual | fields)


@pytest.mark.parametrize("handed_on", [False, True])
@pytest.mark.parametrize("first", [LeaseState.GRANTED, LeaseState.QUEUED])
async def test_another_request_under_the_key_of_a_lease_is_refused_and_the_first_one_stands(
    skipping: WorkflowEnvironment, first: LeaseState, handed_on: bool
) -> None:
    client, tokens = skipping.client, list[TakeTokens]()

    def give(request: TakeTokens) -> Tokens:
        tokens.append(request)
        return Tokens(tokens=dict.fromkeys(request.components, 1000))

    ask = Leases(client, give, lambda application: list(DEPENDS_ON)).request_lease
    async with World().worker(client, workflows=[Watch, StandInIncident]):
        await begin_watching(client)
        if first is LeaseState.QUEUED:
            assert (await ask(order("db", holder="change.acme.shop.3"))).state is LeaseState.GRANTED
        answer = await ask(order("db"))
        watch = client.get_workflow_handle(watch_id(APPLICATION))
        if handed_on:
            await hand_on(watch)
        given = len(tokens)
        for other in (order("mail"), order(), order("db", mode=LeaseMode.SHARED)):
            with pytest.raises(
                UserError, match=f"{HOLDER} asked under the key '{HOLDER}/r1/lease/1' for a lease of db"
            ):
                await ask(other)
            with pytest.raises(WorkflowUpdateFailedError) as refused:
                await watch.execute_update("request_lease", other, result_type=LeaseAnswer)
            assert isinstance(refused.value.cause, ApplicationError)
            assert refused.value.cause.type == "KeyReusedError"
        assert len(tokens) == given  # no fencing token was given for what was refused
        seen = await watch_status(client)
        again = await ask(order("db"))
    assert (answer.state, again) == (first, answer)
    open_alarm = [*seen.leases, *(w.lease for w in seen.waiting)]
    assert [(x.asked, x.mode) for x in open_alarm if x.holder == HOLDER] == [(Scope.of(["db"]), LeaseMode.EXCLUSIVE)]
