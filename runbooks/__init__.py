"""Runbooks: workflows as code, with one class in each file. `find_runbooks` finds them, so a new file needs no registration.

The worker, the commands and the tests use `find_runbooks`. Temporal's sandbox loads this module again for every workflow, so it
has few imports.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from temporalio import workflow

from models.converter import WRONG_INPUT
from models.errors import NotFoundError, RunbookError
from models.extensions import Extension, ExtensionGroup, Kinds
from models.plans import RunbookOffer
from models.runbooks import RunbookInput, RunbookReport
from workflows.runbook import Runbook

PREFIX: Final = "runbook."
NAME: Final = re.compile(r"^(?=.{1,32}$)[a-z][a-z0-9]*(-[a-z0-9]+)*$")
"""32 characters at most, because a gate offers a runbook as the option `runbook-NAME`."""


@dataclass(frozen=True)
class RunbookClass:
    """A runbook with its name, its texts, its input and its workflow class."""

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
        """The name of the workflow type in Temporal."""
        return PREFIX + self.name

    @property
    def component_scoped(self) -> bool:
        """Whether a component is the only input that it requires, so that an incident can offer it."""
        fields = self.input_type.model_fields
        own = {n for n, f in fields.items() if f.is_required() and n not in RunbookInput.model_fields}
        return "component" in fields and own <= {"component"}


@cache
def runbook_kinds() -> Kinds[RunbookClass]:
    """Return the registry of runbooks, of this package and of others. It is made on demand: the sandbox loads this file often."""
    return Kinds(ExtensionGroup.RUNBOOKS, lambda: in_package(importlib.import_module(__name__)), _of_extension)


def find_runbooks() -> dict[str, RunbookClass]:
    """Return every runbook that can be used, by name. Raise `RunbookError` with a sentence for each faulty file of this package.

    A faulty runbook of another package is left out: `driftvakt doctor` and the start of a worker name it.
    """
    return dict(sorted(runbook_kinds().all().items()))


def in_package(package: ModuleType) -> dict[str, RunbookClass]:
    """Return the runbooks in the files of a package, by name. Raise `RunbookError` with a sentence for each fault.

    A module whose name begins with an underscore contains code that several runbooks share, and is skipped.
    """
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
    """Return one runbook. Raise `NotFoundError` with the known names, or `ExtensionError` with the package of a faulty one."""
    found = runbook_kinds().find(name.removeprefix(PREFIX))
    if found is None:
        raise NotFoundError(f"there is no runbook {name!r}; the runbooks are {', '.join(find_runbooks()) or 'none'}")
    return found


def offers() -> list[RunbookOffer]:
    """Return the runbooks that an incident can offer to people: those whose only required input is a component."""
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
        raise RunbookError(
            f"{_shown(file)}: it cannot be loaded: {what}{line}; correct the file, or move it away"
        ) from error
    return _check(file, _declared(file, module), _name_of(file))


def _of_extension(extension: Extension, loaded: Any) -> RunbookClass:
    if not inspect.isclass(loaded) or _definition(loaded) is None:
        raise ValueError(
            f'{extension.value} is not a runbook; put @runbook("{extension.name}") on the class that it names'
        )
    try:
        return _check(Path(inspect.getfile(loaded)), loaded, extension.name)
    except RunbookError as error:
        raise ValueError(str(error)) from error


def _declared(file: Path, module: ModuleType) -> type[Any]:
    classes = [
        c for c in vars(module).values() if inspect.isclass(c) and c.__module__ == module.__name__ and _definition(c)
    ]
    if len(classes) != 1:
        said = "no class is" if not classes else f"{', '.join(c.__name__ for c in classes)} are all"
        wanted = _name_of(file)
        raise RunbookError(
            f'{_shown(file)}: {said} declared as a runbook; put @runbook("{wanted}") on exactly one class, '
            "or begin the file's name with an underscore if it contains code that several runbooks share"
        )
    return classes[0]


_OWN = {"acts", "touches"}
"""The members of the base class that a runbook may redefine."""


def _check(file: Path, cls: type[Any], wanted: str) -> RunbookClass:
    definition = _definition(cls)
    assert definition is not None
    named = definition.name or ""
    name = named.removeprefix(PREFIX)
    where = f"{_shown(file)}: {cls.__name__}"
    if not named.startswith(PREFIX) or not NAME.fullmatch(name):
        raise RunbookError(
            f'{where} is named {named!r}; name it with @runbook("{wanted}"): lower case, digits and hyphens, 32 at most'
        )
    if name != wanted:
        other = f"the file to {name.replace('-', '_')}.py" if _name_of(file) == wanted else f"the entry point to {name}"
        named_by = "file" if _name_of(file) == wanted else "entry point"
        remedy = f'rename {other} or the runbook to @runbook("{wanted}")'
        raise RunbookError(f"{where} is named {name!r}, which does not match its {named_by}; {remedy}")
    if taken := sorted(n for n in vars(cls) if not n.startswith("__") and n not in _OWN and hasattr(Runbook, n)):
        raise RunbookError(f"{where} redefines {', '.join(taken)}, which its base class needs; choose other names")
    if not set(WRONG_INPUT) <= set(definition.failure_exception_types):
        raise RunbookError(f'{where} would hang on a wrong input; declare it with @runbook("{wanted}")')
    if not issubclass(cls, Runbook):
        raise RunbookError(f"{where} is not a Runbook; write `class {cls.__name__}(Runbook)`")
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
        raise RunbookError(f"{where}.run must take one input with a type annotation: RunbookInput or a subclass")
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
