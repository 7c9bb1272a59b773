"""Discovery of the workflows in the rooms, so that no list of them must be maintained."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from functools import cache
from types import ModuleType

from temporalio import workflow

import workflows
from models.operation_kinds import added_operations


@cache
def workflow_classes() -> tuple[type, ...]:
    """The workflow classes, except the one for unknown names; runbooks are discovered elsewhere.

    Operations that other packages add come last.
    """
    own = tuple(one for module in _modules() for one in _defined(module) if workflow_type(one))
    return own + tuple(added_operations())


@cache
def shared_modules() -> tuple[str, ...]:
    """Names of the modules that define no workflow."""
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
    # The SDK has no public way to read the declaration of a workflow class; its own contributions read it like this.
    return workflow._Definition.must_from_class(one).name
