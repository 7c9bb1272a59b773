"""Everything that a page offers to paste is taken as it stands, and does what it says."""

from __future__ import annotations

import ast
import asyncio
from pathlib import Path
from typing import Any

import pytest
from temporalio import workflow
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from runbooks import find_runbooks
from tests.docs.pages import ROOT
from tests.pages.offers import Offer, first, offers_on, page_of, paste
from tests.pages.places import PLACES, Place, Worlds
from worker import WORKFLOWS
from workflows.gates.gates import HasGates

EVERY = [(place, update) for place in PLACES for update in place.offers]


@pytest.fixture
async def worlds(client: Client, skipping: WorkflowEnvironment, tmp_path: Path) -> Worlds:
    """What a page may need."""
    return Worlds(client, skipping, tmp_path)


async def until_offered(handle: WorkflowHandle[Any, Any], update: str) -> Offer:
    """What the page offers for an update, once it does."""
    async with asyncio.timeout(60):
        while (offer := first(offers_on(await page_of(handle)), update)) is None:
            await asyncio.sleep(0.05)
    return offer


async def until_over(handle: WorkflowHandle[Any, Any]) -> None:
    """Wait until a workflow has ended, however often its page asks meanwhile: answered by what the page offers."""
    async with asyncio.timeout(60):
        while (await handle.describe()).status is WorkflowExecutionStatus.RUNNING:
            if (offer := first(offers_on(await page_of(handle)), "decide")) is not None:
                await paste(handle, offer)
            await asyncio.sleep(0.05)


@pytest.mark.slow
@pytest.mark.parametrize(("place", "update"), EVERY, ids=[f"{place.name}, {update}" for place, update in EVERY])
async def test_every_text_that_a_page_offers_is_accepted_when_it_is_pasted(
    worlds: Worlds, place: Place, update: str
) -> None:
    async with place.opened(worlds) as handle:
        offer = await until_offered(handle, update)
        offered = {one.update for one in offers_on(await page_of(handle))}
        answer = await paste(handle, offer)
        if place.workflow not in {"incident", "major"} or update == "close_major":
            await until_over(handle)
        page = await page_of(handle)

    assert set(place.offers) <= offered
    assert says(update, answer, page) == []


def says(update: str, answer: dict[str, Any], page: str) -> list[str]:
    """What is missing in the answer to an update, and on the page after it."""
    return [
        text
        for where, texts in ((str(answer), ANSWERS[update]), (page.replace("\\", ""), AFTERWARDS.get(update, [])))
        for text in texts
        if text not in where
    ]


ANSWERS = {
    "abort": ["It stops as soon as this step has ended"],
    "acknowledge": ["You lead it."],
    "add_commentary": ["The report is made again with the commentary"],
    "close_major": ["Closed."],
    "decide": ["'gate': 'g"],
    "lift": ["has lifted the halt of customer acme"],
    "resume": ["The wait for "],
    "update_customers": ["Sent to the customers (1 of 1 incident)"],
    "wait_for": ["the clock restore is paused"],
}
AFTERWARDS = {
    "acknowledge": ["led by **"],
    "close_major": ["**Closed** by"],
    "lift": ["### Halt lifted"],
    "update_customers": ["to all customers"],
}


def offered_in_code() -> set[str]:
    """The updates for which a page has something to paste, as the code of the pages names them."""
    return {
        ast.literal_eval(call.args[0])
        for file in (ROOT / "workflows").rglob("*.py")
        for call in ast.walk(ast.parse(file.read_text()))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "paste"
    }


def kinds() -> dict[str, type]:
    """Every workflow by its type, and of the runbooks one: they have one page."""
    runbook = find_runbooks()["restart-with-dependants"]
    return {_definition(cls).name: cls for cls in [*WORKFLOWS, runbook.workflow_class]}


def _definition(cls: type) -> Any:
    return workflow._Definition.must_from_class(cls)


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_every_offer_of_every_kind_of_page_is_pasted(kind: str) -> None:
    may_offer = set(_definition(kinds()[kind]).updates) & offered_in_code()
    pasted = {update for place in PLACES if place.workflow == kind for update in place.offers}

    assert pasted == may_offer, f"a Place in tests/pages/places.py must offer {may_offer - pasted} on a page of {kind}"
    assert "decide" in pasted or not issubclass(kinds()[kind], HasGates)


def test_no_page_has_a_block_to_copy_of_which_it_is_not_said_where_to_send_it() -> None:
    fenced = [file.name for file in (ROOT / "workflows").rglob("*.py") if "```json" in file.read_text()]
    assert fenced == ["markdown.py"]
