"""Runbooks: workflows as code, one class a file, found and registered by themselves.

Whoever adds a file here touches no other; `find_runbooks` is what the worker, the commands and the tests go by. This module is
loaded anew for every workflow, so it imports little.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from temporalio import workflow

from models.converter import WRONG_INPUT
from models.errors import NotFoundError, RunbookError
from models.runbooks import RunbookInput, RunbookReport
from models.slices import RunbookOffer
from workflows.runbook import Runbook

PREFIX: Final = "runbook."
NAME: Final = re.compile(r"^(?=.{1,32}$)[a-z][a-z0-9]*(-[a-z0-9]+)*$")
"""32 characters at most, because a gate offers a runbook as the option `runbook-NAME`."""


@dataclass(frozen=True)
class RunbookClass:
    """A runbook that was found."""

    name: str
    """`restart-with-dependants`; its workflow type is `runbook.restart-with-dependants`."""
    title: str
    """First line of the docstring, without its full stop."""
    purpose: str
    """The rest of the docstring."""
    input_type: type[RunbookInput]
    workflow_class: type[Any]
    file: Path

    @property
    def workflow_type(self) -> str:
        """The name by which Temporal knows it."""
        return PREFIX + self.name

    @property
    def component_scoped(self) -> bool:
        """Whether it needs to know no more than a component, so that an incident can offer it."""
        fields = self.input_type.model_fields
        own = {n for n, f in fields.items() if f.is_required() and n not in RunbookInput.model_fields}
        return "component" in fields and own <= {"component"}


def find_runbooks(package: ModuleType | None = None) -> dict[str, RunbookClass]:
    """Find the runbooks of a package (this one unless given), by name; raise `RunbookError` with a sentence a fault.

    Modules whose name begins with an underscore hold what several runbooks share, and are passed over.
    """
    package = package or importlib.import_module(__name__)
    found: dict[str, RunbookClass] = {}
    faults: list[str] = []
    for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda m: m.name):
        if module.name.startswith("_"):
            continue
        try:
            one = _load(package, module.name)
            if one.name in found:
                raise RunbookError(f"{_shown(one.file)}: {one.name} is declared in {found[one.name].file.name} already")
            found[one.name] = one
        except RunbookError as error:
            faults.append(str(error))
    if faults:
        raise RunbookError("\n".join(faults))
    return found


def find_runbook(name: str) -> RunbookClass:
    """Find one runbook; `NotFoundError` names those that there are."""
    found = find_runbooks()
    try:
        return found[name.removeprefix(PREFIX)]
    except KeyError:
        raise NotFoundError(f"there is no runbook {name!r}; there are {', '.join(found) or 'none'}") from None


def offers() -> list[RunbookOffer]:
    """The runbooks that an incident can offer to people: those that need to know no more than the component."""
    return [RunbookOffer(name=r.name, title=r.title) for r in find_runbooks().values() if r.component_scoped]


def _load(package: ModuleType, module_name: str) -> RunbookClass:
    directory = Path(next(iter(package.__path__)))
    file = directory / f"{module_name}.py"
    if not file.exists():
        file = directory / module_name
    try:
        module = importlib.import_module(f"{package.__name__}.{module_name}")
    except Exception as error:
        line = f" (line {error.lineno})" if isinstance(error, SyntaxError) and error.lineno else ""
        what = f"{type(error).__name__}: {error.msg if isinstance(error, SyntaxError) else error}"
        raise RunbookError(f"{_shown(file)}: it cannot be loaded: {what}{line}; mend it, or move it away") from error
    return _check(file, _declared(file, module))


def _declared(file: Path, module: ModuleType) -> type[Any]:
    classes = [
        c for c in vars(module).values() if inspect.isclass(c) and c.__module__ == module.__name__ and _definition(c)
    ]
    if len(classes) != 1:
        said = "no class is" if not classes else f"{', '.join(c.__name__ for c in classes)} are all"
        wanted = _name_of(file)
        raise RunbookError(
            f'{_shown(file)}: {said} declared as a runbook; put @runbook("{wanted}") on exactly one class, '
            "or begin the file's name with an underscore if it holds what several runbooks share"
        )
    return classes[0]


_OWN = {"acts", "touches"}
"""What of the base class is a runbook's to redefine."""


def _check(file: Path, cls: type[Any]) -> RunbookClass:
    definition = _definition(cls)
    assert definition is not None
    named = definition.name or ""
    name = named.removeprefix(PREFIX)
    where, wanted = f"{_shown(file)}: {cls.__name__}", _name_of(file)
    if not named.startswith(PREFIX) or not NAME.fullmatch(name):
        raise RunbookError(
            f'{where} is named {named!r}; name it with @runbook("{wanted}"): lower case, digits and hyphens, 32 at most'
        )
    if name != wanted:
        mend = f'rename the file to {name.replace("-", "_")}.py or the runbook to @runbook("{wanted}")'
        raise RunbookError(f"{where} is named {name!r}, which does not match its file; {mend}")
    if taken := sorted(n for n in vars(cls) if not n.startswith("__") and n not in _OWN and hasattr(Runbook, n)):
        raise RunbookError(f"{where} redefines {', '.join(taken)}, which its base class needs; choose other names")
    if not set(WRONG_INPUT) <= set(definition.failure_exception_types):
        raise RunbookError(f'{where} would be stuck on a wrong input; declare it with @runbook("{wanted}")')
    if not issubclass(cls, Runbook):
        raise RunbookError(f"{where} is no Runbook; write `class {cls.__name__}(Runbook)`")
    title, purpose = _docstring(where, cls)
    return RunbookClass(
        name=name,
        title=title,
        purpose=purpose,
        input_type=_input_type(where, definition),
        workflow_class=cls,
        file=file,
    )


def _docstring(where: str, cls: type[Any]) -> tuple[str, str]:
    text = inspect.cleandoc(cls.__doc__ or "")
    if not text:
        raise RunbookError(f"{where} has no docstring; its first line is the title that people read")
    title, _, purpose = text.partition("\n")
    return title.strip().rstrip("."), purpose.strip()


def _input_type(where: str, definition: workflow._Definition) -> type[RunbookInput]:
    types = definition.arg_types or []
    if len(types) != 1 or not inspect.isclass(types[0]) or not issubclass(types[0], RunbookInput):
        raise RunbookError(f"{where}.run must take one input that is RunbookInput or a subclass, with its type written")
    if definition.ret_type is not RunbookReport:
        raise RunbookError(
            f"{where}.run must return a RunbookReport; write `-> RunbookReport` and return await self.report(...)"
        )
    return types[0]


def _definition(cls: type[Any]) -> workflow._Definition | None:
    # The SDK has no public way to ask a class how it is declared as a workflow; its own contributions ask so too.
    return workflow._Definition.from_class(cls)


def _name_of(file: Path) -> str:
    return file.stem.replace("_", "-")


def _shown(file: Path) -> str:
    return f"{file.parent.name}/{file.name}"
