"""A workflow that does nothing but ask."""

from __future__ import annotations

import asyncio

from temporalio import workflow

from models.base import Model
from models.gates import GateOutcome, Question
from workflows.gates.gates import HasGates


class Ask(Model):
    """What to ask, and how many times."""

    question: Question
    times: int = 1


@workflow.defn(name="asks")
class Asks(HasGates):
    """Asks."""

    @workflow.run
    async def run(self, order: Ask) -> list[GateOutcome]:
        """Ask as often as wanted."""
        return [await self.ask(order.question) for _ in range(order.times)]


@workflow.defn(name="asks-at-once")
class AsksAtOnce(HasGates):
    """Asks several times at once."""

    @workflow.run
    async def run(self, order: Ask) -> list[GateOutcome]:
        """Ask as often as wanted, without waiting for an answer in between."""
        return list(await asyncio.gather(*[self.ask(order.question) for _ in range(order.times)]))
