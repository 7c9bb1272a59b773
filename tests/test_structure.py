"""The shape of the project: stubs and what carries them out, retry policies, and what every file may name."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import typing
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from temporalio import activity
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

import activities.stubs
import workflows
from activities.change.activities import Changes
from activities.clocks.activities import ClockActivities
from activities.deadman.activities import DeadMansSwitchActivities
from activities.history.activities import HistoryActivities
from activities.incident.activities import IncidentActivities
from activities.lease.activities import Leases
from activities.maintenance.activities import MaintenanceActivities
from activities.monitor.activities import SiteMonitor
from activities.notices.activities import NoticeActivities
from activities.probes.activities import Probes
from activities.records import RecordActivities
from activities.records.halts import HaltActivities
from activities.report.activities import ReportActivities
from activities.routine.activities import RoutineActivities
from activities.ssh import Ssh
from activities.temporal.workflows import Workflows
from models import errors
from workflows.runtime.found import workflow_classes
from workflows.runtime.sandbox import workflow_runner

_NAME = "__temporal_activity_definition"


def _definitions(holder: object) -> dict[str, Callable[..., Any]]:
    found = {}
    for _, member in inspect.getmembers(holder, callable):
        definition = getattr(member, _NAME, None)
        if isinstance(definition, activity._Definition) and definition.name:
            found[definition.name] = member
    return found


STUBS = {
    name: stub
    for module in pkgutil.iter_modules(activities.stubs.__path__)
    for name, stub in _definitions(importlib.import_module(f"activities.stubs.{module.name}")).items()
}
REAL = {
    name: real
    for cls in (
        Ssh,
        Probes,
        RecordActivities,
        HaltActivities,
        RoutineActivities,
        ReportActivities,
        Workflows,
        Leases,
        Changes,
        MaintenanceActivities,
        SiteMonitor,
        DeadMansSwitchActivities,
        HistoryActivities,
        ClockActivities,
        NoticeActivities,
        IncidentActivities,
    )
    for name, real in _definitions(cls).items()
}


def _types(function: Callable[..., Any]) -> tuple[list[Any], Any]:
    hints = typing.get_type_hints(function)
    answer = hints.pop("return")
    return list(hints.values()), answer


def test_every_stub_is_carried_out_and_every_activity_has_its_stub() -> None:
    assert sorted(STUBS) == sorted(REAL)


@pytest.mark.parametrize("name", sorted(STUBS))
def test_a_stub_takes_and_gives_what_the_activity_does(name: str) -> None:
    assert _types(STUBS[name]) == _types(REAL[name])


@pytest.mark.parametrize("name", sorted(STUBS))
def test_an_activity_takes_one_model_and_gives_one(name: str) -> None:
    taken, _ = _types(STUBS[name])
    assert len(taken) == 1


def test_every_worker_is_one_whose_shutdown_ends() -> None:
    """A plain `Worker` now and then never ends (docs/adr/0027); benchmarks compare with one."""
    root = Path(__file__).parent.parent
    every = [path for path in root.rglob("*.py") if ".venv" not in path.parts and "bench" not in path.parts]
    calls = {
        path.relative_to(root).as_posix()
        for path in every
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Worker"
    }
    assert calls == set()


def test_no_two_classes_have_one_name() -> None:
    """Whoever reads `Finding` knows which one it is. Names that begin with an underscore are a file's own."""
    root = Path(__file__).parent.parent
    where: dict[str, list[str]] = {}
    for folder in ("activities", "models", "runbooks", "starter", "workflows"):
        for path in (root / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    where.setdefault(node.name, []).append(path.relative_to(root).as_posix())
    assert {name: paths for name, paths in where.items() if len(paths) > 1} == {}


def test_every_error_is_either_retried_or_final() -> None:
    every = {e for e in vars(errors).values() if inspect.isclass(e) and issubclass(e, errors.DriftvaktError)}
    assert {e.__name__ for e in every} == {e.__name__ for e in errors.RETRIED} | set(errors.FINAL)
    assert not {e.__name__ for e in errors.RETRIED} & set(errors.FINAL)


def test_the_errors_docstring_draws_the_whole_tree() -> None:
    drawn = errors.__doc__ or ""
    every = [n for n, e in vars(errors).items() if inspect.isclass(e) and issubclass(e, errors.DriftvaktError)]
    assert [name for name in every if name not in drawn] == []


def test_every_type_of_an_error_is_a_class_or_a_constant_of_the_errors_module() -> None:
    """Others decide by the type: one that is written by hand in two places is misspelt in one of them."""
    root = Path(__file__).parent.parent
    found = [
        f"{path.relative_to(root)}:{node.lineno}"
        for folder in ("activities", "models", "runbooks", "starter", "workflows")
        for path in (root / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("ApplicationError")
        if any(k.arg == "type" and isinstance(k.value, ast.Constant) for k in node.keywords)
    ]
    assert found == []


def test_every_wait_with_a_limit_also_ends_on_cancellation() -> None:
    """`workflows.runtime.waiting.until`: the SDK's own wait forgets a cancellation that comes as its condition comes true."""
    root = Path(__file__).parent.parent
    sources = [p for folder in ("workflows", "runbooks") for p in (root / folder).rglob("*.py")]
    assert [p.name for p in sources if any(map(_waits_with_a_limit, ast.walk(ast.parse(p.read_text()))))] == [
        "waiting.py"
    ]


def test_no_workflow_uses_a_local_activity() -> None:
    """A query that is answered while one runs leaves a workflow that does not replay (docs/adr/0019)."""
    root = Path(__file__).parent.parent
    sources = [p for folder in ("workflows", "runbooks") for p in (root / folder).rglob("*.py")]
    assert [p.name for p in sources if "local_activity" in p.read_text()] == []


def test_only_the_maker_of_keys_builds_a_text_from_a_run_id() -> None:
    """Two parts that each make keys make the same ones, and the first digits of a run id stay the same for 65 seconds."""
    root = Path(__file__).parent.parent
    sources = [p for folder in ("workflows", "runbooks") for p in (root / folder).rglob("*.py")]
    assert [p.name for p in sources if any(map(_builds_from_a_run_id, ast.walk(ast.parse(p.read_text()))))] == [
        "keys.py"
    ]


_BEGINS_IN_TURN = {"in_turn", "_ready", "_identified"}
"""What an update handler begins with: a timer or an activity, so that all that came before has taken effect."""


def test_every_update_handler_waits_for_its_turn_before_it_reads_any_state() -> None:
    """Else what it does on a worker that has just started may differ from what it does in a replay (docs/adr/0019).

    The watch leaves commands instead, and a halt writes to the records whatever it knows.
    """
    root = Path(__file__).parent.parent
    found: dict[str, list[str]] = {}
    for path in [*(root / "workflows").rglob("*.py"), *(root / "runbooks").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef) and _is_an_update(node):
                late_here = [] if _first_call(node) in _BEGINS_IN_TURN else [node.name]
                found.setdefault(path.relative_to(root).as_posix(), []).extend(late_here)
    late = {name: handlers for name, handlers in found.items() if handlers}
    assert set(found) == {
        "workflows/gates/gates.py",
        "workflows/halt/workflow.py",
        "workflows/incident/workflow.py",
        "workflows/major/workflow.py",
        "workflows/operation/base.py",
        "workflows/report/workflow.py",
        "workflows/watch/taking_orders.py",
        "workflows/watch/workflow.py",
    }
    assert set(late) == {
        "workflows/halt/workflow.py",
        "workflows/watch/taking_orders.py",
        "workflows/watch/workflow.py",
    }


def _is_an_update(node: ast.AsyncFunctionDef | ast.FunctionDef) -> bool:
    return any(ast.unparse(d).startswith("workflow.update") for d in node.decorator_list)


def _first_call(node: ast.AsyncFunctionDef | ast.FunctionDef) -> str:
    """The name of what is awaited first, where nothing but the docstring stands before it."""
    first = next((call for call in ast.walk(node.body[1]) if isinstance(call, ast.Await)), None)
    called = first.value if first is not None else None
    return ast.unparse(called.func).rpartition(".")[2] if isinstance(called, ast.Call) else ""


def test_workflows_run_in_the_sandbox_of_the_sdk_as_it_is() -> None:
    assert type(workflow_runner()) is SandboxedWorkflowRunner


def _builds_from_a_run_id(node: ast.AST) -> bool:
    within = ast.walk(node) if isinstance(node, ast.JoinedStr | ast.Subscript) else ()
    return any(isinstance(n, ast.Attribute) and n.attr.endswith("run_id") for n in within)


def _waits_with_a_limit(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and ast.unparse(node.func).endswith("wait_condition")
        and any(k.arg == "timeout" for k in node.keywords)
    )


_SUMMARIES = {"summary", "static_summary", "timeout_summary"}


def test_every_summary_passes_the_one_function_that_makes_foreign_text_harmless() -> None:
    """The UI shows a summary as Markdown. A function of ours with a parameter `summary` is looked at where it is defined."""
    root = Path(__file__).parent.parent
    trees = {
        path.relative_to(root): ast.parse(path.read_text())
        for folder in ("workflows", "runbooks", "starter")
        for path in (root / folder).rglob("*.py")
    }
    ours = {name for tree in trees.values() for name in map(_takes_a_summary, ast.walk(tree)) if name}
    faults = [f"{path}:{line}" for path, tree in trees.items() for node in ast.walk(tree) for line in _raw(node, ours)]
    assert {"until", "look_up", "call", "notify"} <= ours
    assert faults == []


def _takes_a_summary(node: ast.AST) -> str | None:
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return None
    named = {a.arg for a in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]}
    return node.name if named & _SUMMARIES else None


def _raw(node: ast.AST, ours: set[str]) -> list[int]:
    """Lines on which a summary is handed over as it came. `static_summary` always goes to Temporal; `summary` is a field too."""
    if not isinstance(node, ast.Call):
        return []
    name = ast.unparse(node.func).rpartition(".")[2]
    return [
        keyword.value.lineno
        for keyword in node.keywords
        if keyword.arg in _SUMMARIES
        and not (keyword.arg == "summary" and (name in ours or name[:1].isupper()))
        and not isinstance(keyword.value, ast.Constant)
        and not (isinstance(keyword.value, ast.Call) and ast.unparse(keyword.value.func) == "summary_line")
    ]


def test_only_modules_that_define_workflows_are_loaded_for_each_workflow() -> None:
    passed = workflow_runner().restrictions.passthrough_modules
    names = [m.name for m in pkgutil.walk_packages(workflows.__path__, "workflows.") if not m.ispkg]
    shared = {name for name in names if not _defines_a_workflow(importlib.import_module(name))}
    assert {name for name in passed if name.startswith("workflows.")} == shared


def test_a_page_is_rendered_from_data_and_names_no_workflow() -> None:
    """A page that took its workflow would import it, if only for its type, and the workflow imports its page."""
    in_workflows = {base.__module__ for one in workflow_classes() for base in one.__mro__}
    pages = list(Path(workflows.__path__[0]).rglob("page.py"))
    named = {
        (path.parent.name, node.module)
        for path in pages
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module in in_workflows
    }
    assert len(pages) > 3
    assert named == set()


def _defines_a_workflow(module: ModuleType) -> bool:
    own = [member for _, member in inspect.getmembers(module, inspect.isclass) if member.__module__ == module.__name__]
    return any("__temporal_workflow_definition" in vars(member) for member in own)
