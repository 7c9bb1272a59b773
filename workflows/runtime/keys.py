"""Idempotency keys: names for the effects of a workflow outside of it, so that a retry repeats none of them.

A key holds the workflow id, a whole run id, its purpose and a number. All parts of a workflow take the number from one
counter, so that no two of them ever make the same key. Never shorten a run id: it is a UUIDv7, which begins with the time, and
its first eight digits stay the same for 65 seconds.

There are two kinds of key:

- An *action* changes something: a command on a host, a fencing token, a new incident. Its key survives a reset of the workflow,
  so the workflow reads the result of a step that has run already.
- A *message* or a *read-only command* belongs to one run. After a reset, people get the question or notice again, and evidence is
  new.

An incident that is opened again is a new execution with another first run, so all its keys are new. The same holds after
continue-as-new, and no counter has to be carried over.
"""

from __future__ import annotations

import base64
import hashlib
import re

from temporalio import workflow

LONGEST = 200
"""Characters of a key; the models and the records allow no more."""

_LONGEST_NAME = 100
"""Characters of a workflow id that stay readable in a key that is too long."""

_BITS = 128
_COUNTER = "_driftvakt_keys"
_LINEAGE = "lineage"
_NOT_IN_A_JOB_ID = re.compile(r"[^A-Za-z0-9._-]")


def action_key(purpose: str) -> str:
    """Return a new key for a change outside of the workflow; after a reset, the workflow makes the same key again."""
    info = workflow.info()
    return _fitting(info.workflow_id, f"/{_lineage(info)}/{purpose}/{_next()}")


def message_key(purpose: str) -> str:
    """Return a new key for a message to people; after a reset, the new run sends it again."""
    info = workflow.info()
    return _fitting(info.workflow_id, f"/{info.run_id}/{purpose}/{_next()}")


def once_key(purpose: str) -> str:
    """Return the key of an effect that happens at most once in the life of this workflow, also after a reset to an earlier step.

    The purpose identifies the effect: the same purpose gives the same key, so that the effect is not repeated.
    """
    info = workflow.info()
    return _fitting(info.workflow_id, f"/{_lineage(info)}/{purpose}")


def update_key() -> str:
    """Return the key for the effects of the current update; after a reset, the update makes the same key again."""
    update = workflow.current_update_info()
    assert update is not None
    return _fitting(workflow.info().workflow_id, f"/{update.id}")


def job_id(*, read_only: bool = False) -> str:
    """Return a new id for a job on a host, which is the name of its folder there.

    A read-only job belongs to this run, so that it runs again after a reset.
    """
    info = workflow.info()
    # A schedule puts the time into the ids of the workflows it starts, with colons, which no folder name may hold.
    name = _NOT_IN_A_JOB_ID.sub("", info.workflow_id)
    return _fitting(name, f".{info.run_id if read_only else _lineage(info)}.{_next()}", join=".")


def child_id(name: str) -> str:
    """Return a new workflow id for a child; start the child with `passed_on` as its memo."""
    return f"{workflow.info().workflow_id}.{name}.{_next()}"


def passed_on() -> dict[str, str]:
    """Return the memo of a child that acts for this workflow: after a reset of this workflow, the child makes the same keys."""
    return {_LINEAGE: _lineage(workflow.info())}


def scratch_key(purpose: str) -> str:
    """Return 26 characters of a-z and 2-7 (128 bits) that make the scratch names of this workflow unique."""
    return short_digest(action_key(purpose))


def short_digest(text: str) -> str:
    """Return 128 bits of the SHA-256 of a text, as 26 characters of a-z and 2-7: for names whose length is limited."""
    cut = hashlib.sha256(text.encode()).digest()[: _BITS // 8]
    return base64.b32encode(cut).decode().rstrip("=").lower()


def _lineage(info: workflow.Info) -> str:
    """The run id that survives a reset: of the first run, of the run that this one continues, or of the parent of a child."""
    if info.continued_run_id is not None:  # a memo goes to the next run, too
        return f"{info.continued_run_id}-next"
    return workflow.memo_value(_LINEAGE, info.first_execution_run_id, type_hint=str)


def _next() -> int:
    """Return the next number. The workflow instance keeps the counter, because a module's variable would outlive it."""
    instance = workflow.instance()
    number: int = getattr(instance, _COUNTER, 0) + 1
    setattr(instance, _COUNTER, number)
    return number


def _fitting(name: str, rest: str, *, join: str = "/") -> str:
    """Join a key. A key that is too long keeps the beginning of the name, followed by the digest of the whole key."""
    whole = f"{name}{rest}"
    if len(whole) <= LONGEST:
        return whole
    return f"{name[:_LONGEST_NAME]}{join}{hashlib.sha256(whole.encode()).hexdigest()}"
