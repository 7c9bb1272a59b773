"""What a page offers to paste, and for which update."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from temporalio.client import WorkflowHandle

_OFFER = re.compile(r"choose `(?P<update>\w+)`, and paste this[^\n]*:\n\n```json\n(?P<text>.*?)\n```", re.DOTALL)
_BLOCK = re.compile(r"^```json\n", re.MULTILINE)


@dataclass(frozen=True)
class Offer:
    """An update, and the message that the page has for it."""

    update: str
    message: dict[str, Any]


def offers_on(page: str) -> list[Offer]:
    """What a page offers, from top to bottom; no block may stand there of which it is not said where to send it."""
    found = [Offer(one["update"], json.loads(one["text"])) for one in _OFFER.finditer(page)]
    assert len(found) == len(_BLOCK.findall(page)), page
    return found


async def page_of(handle: WorkflowHandle[Any, Any]) -> str:
    """The page of a workflow as the UI gets it."""
    shown = await handle.query("__temporal_workflow_metadata")
    return str(shown.current_details)


async def paste(handle: WorkflowHandle[Any, Any], offer: Offer) -> dict[str, Any]:
    """Send what is offered as it stands, as the UI does; the answer."""
    answer: dict[str, Any] = await handle.execute_update(offer.update, offer.message)
    return answer


def first(offers: Sequence[Offer], update: str) -> Offer | None:
    """The first offer for an update."""
    return next((one for one in offers if one.update == update), None)
