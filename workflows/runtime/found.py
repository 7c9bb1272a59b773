"""Which workflows there are: found in the rooms, so that no list of them has to be kept."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from functools import cache
from types import ModuleType

from temporalio import workflow

import workflows


@cache
def workflow_classes() -> tuple[type, ...]:
    """The classes of all our own processes, but for the one that answers unknown names; runbooks are found elsewhere."""
    return tuple(one for module in _modules() for one in _defined(module) if workflow_type(one))


@cache
def shared_modules() -> tuple[str, ...]:
    """The names of the modules that define no workflow."""
    return tuple(module.__name__ for module in _modules() if not _defined(module))


@cache
def _modules() -> tuple[ModuleType, ...]:
    names = [found.name for found in pkgutil.walk_packages(workflows.__path__, "workflows.") if not found.ispkg]
    return tuple(importlib.import_module(name) for name in names)


def _defined(module: ModuleType) -> list[type]:
    own = [one for _, one in inspect.getmembers(module, inspect.isclass) if one.__module__ == module.__name__]
    return [one for one in own if "__temporal_workflow_definition" in vars(one)]


def workflow_type(one: type) -> str | None:
    """The name under which a workflow class is started; None for the class that answers unknown names."""
    # The SDK has no public way to ask a class how it is declared as a workflow; its own contributions ask so too.
    return workflow._Definition.must_from_class(one).name
