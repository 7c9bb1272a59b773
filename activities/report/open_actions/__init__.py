"""The actions that are open at the end of a report's period. Each module here finds the open actions of one concept.

A module has a function `find(sources)` that yields `OpenAction`s; a new file is found by itself. The texts of an action are in
the block `open_actions`: the word `do.VERB` for each verb.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

from activities.report.open_actions.action import OpenAction
from activities.report.sources import ReportSources


def open_actions(sources: ReportSources) -> list[OpenAction]:
    """Return the open actions of all concepts: overdue ones first, in the order of their due times."""
    found = [action for name in _modules() for action in import_module(name).find(sources)]
    last = sources.period.until
    return sorted(found, key=lambda one: (one.due is None, one.due or last, one.since, one.key))


def _modules() -> Iterator[str]:
    """Yield the names of the modules that find actions."""
    return (f"{__name__}.{one.name}" for one in iter_modules(__path__) if one.name != "action")
