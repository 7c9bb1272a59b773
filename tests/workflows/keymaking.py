"""A workflow that makes keys when it is asked to, for the tests of them."""

from __future__ import annotations

from temporalio import workflow

from models.base import Model
from workflows.runtime.keys import action_key, child_id, job_id, message_key, scratch_key


class Made(Model):
    """One key of each kind."""

    action: str
    message: str
    changing: str
    reading: str
    child: str
    scratch: str

    @property
    def all(self) -> set[str]:
        """All of them."""
        return set(self.model_dump().values())


class Making(Model):
    """How often it continues as new, and what was made before."""

    again: int = 0
    made: list[Made] = []


@workflow.defn(name="key-making")
class KeyMaking:
    """Makes two sets of keys in every run."""

    @workflow.run
    async def run(self, order: Making) -> list[Made]:
        """Make them, go on as often as is wanted, and return all of them."""
        made = [*order.made, _make(), _make()]
        if order.again:
            workflow.continue_as_new(Making(again=order.again - 1, made=made))
        return made


def _make() -> Made:
    return Made(
        action=action_key("same"),
        message=message_key("same"),
        changing=job_id(),
        reading=job_id(read_only=True),
        child=child_id("same"),
        scratch=scratch_key("same"),
    )
