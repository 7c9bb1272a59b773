"""Fences: a host runs a command only with the newest token of its components, and never two commands for one component
at once.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace

from activities.ssh import scripts
from activities.ssh.following import Order
from activities.ssh.results import Ended, JobFinding
from models.jobs import Outcome

NOTHING_TO_DO = "nothing to do: the check ended with exit status 0"
NO_DIRECTORY = "the state directory on the host cannot be written; nothing was done"
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,149}")
_OURS = "fence"


def fenced(order: Order, fences: Mapping[str, int]) -> Order:
    """Put the command and the check of an order behind the fences; both run on the host under their locks."""
    arguments = [scripts.sudo(order.host), as_arguments(fences), str(order.allowance), order.check]
    words = ["sh", "-c", scripts.source("process", "places", "lock", "fence"), "driftvakt", *arguments, *order.words]
    return replace(order, words=words, check="", in_folder=True)


def as_arguments(fences: Mapping[str, int]) -> str:
    """Return fences as arguments of the remote script: the names of their folders, in the order in which all operations
    lock.
    """
    return " ".join(f"{name}:{token}" for name, token in sorted((_folder(c), token) for c, token in fences.items()))


def refused(ended: Ended, fences: Mapping[str, int]) -> JobFinding | None:
    """Return why a fenced command was not run; None if it was, or may have been."""
    if ended.verdict[:1] != [_OURS] or ended.how not in ("exit", "timeout", "cancel"):
        return None
    kind, *about = ended.verdict[1:]
    if kind == "nothing-to-do":
        return JobFinding(Outcome.OK, changed=False, reason=NOTHING_TO_DO)
    if ended.how != "exit":
        over = {"timeout": "the timeout passed", "cancel": "it was cancelled"}[ended.how]
        reason = f"{over} before the command began (it waited for {_names(fences)} or its check); nothing was run"
    elif kind in ("old", "locked"):
        component = next((c for c in fences if _folder(c) == about[0]), about[0])
        reason = too_old(component, about[1], fences.get(component)) if kind == "old" else locked(component, about[1])
    else:
        reason = NO_DIRECTORY
    return JobFinding(Outcome.FAILED, changed=False, reason=reason)


def too_old(component: str, seen: str, token: int | None) -> str:
    """Return the refusal of an operation with a low token."""
    return f"refused: the host has seen token {seen} for {component}, newer than {token}; nothing was done"


def locked(component: str, process: str) -> str:
    """Return the refusal of an operation while another one still runs."""
    return f"another operation holds {component} on this host (process {process}); nothing was done"


def _folder(component: str) -> str:
    """Return the name of a component's folder on the host; an unusual name is replaced by its digest."""
    return component if _PLAIN.fullmatch(component) else hashlib.sha256(component.encode(errors="replace")).hexdigest()


def _names(fences: Mapping[str, int]) -> str:
    return ", ".join(sorted(fences))
