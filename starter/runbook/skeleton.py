"""Creates a new runbook: a file that runs without an edit, and its test."""

from __future__ import annotations

from importlib.resources import files
from keyword import iskeyword
from pathlib import Path

import jinja2

import runbooks
from models.errors import UserError

_TAKEN = frozenset(
    {"Annotated", "Field", "Identifier", "Outcome", "RunStep", "Runbook", "RunbookInput", "RunbookReport"}
)
"""The names that the skeleton imports; the class of a runbook cannot have one of them."""


def write_skeleton(name: str, directory: Path | None = None) -> list[Path]:
    """Write `runbooks/NAME.py` and `tests/runbooks/test_NAME.py` into a checkout, and return their paths.

    Existing files are never overwritten. Raise `UserError` when a file cannot be written; then neither is.
    """
    root = directory or Path(next(iter(runbooks.__path__))).parent
    words = _words(name)
    module, class_name = "_".join(words), "".join(word.capitalize() for word in words)
    if iskeyword(module) or {class_name, f"{class_name}Input"} & _TAKEN:
        raise UserError(f"runbook {name}: the skeleton already uses this name; choose another one")
    targets = {
        "skeleton.py.jinja": root / "runbooks" / f"{module}.py",
        "skeleton_test.py.jinja": root / "tests" / "runbooks" / f"test_{module}.py",
    }
    _require_free(name, root, list(targets.values()))
    title = " ".join(words).capitalize()
    texts = {
        target: _render(source, name=name, module=module, class_name=class_name, title=title)
        for source, target in targets.items()
    }
    _write(texts)
    return list(texts)


def _words(name: str) -> list[str]:
    if not runbooks.NAME.fullmatch(name):
        raise UserError(
            f"runbook {name!r}: a name is of lower-case letters and digits with single hyphens between, begins with a letter, "
            "and has 32 characters at most, as in rotate-logs"
        )
    return name.split("-")


def _require_free(name: str, root: Path, targets: list[Path]) -> None:
    for needed in (root / "runbooks" / "__init__.py", root / "tests" / "fakes.py"):
        if not needed.is_file():
            raise UserError(f"{root} is not a checkout of Driftvakt ({needed} is missing); name one with --directory")
    for target in targets:
        if target.exists():
            raise UserError(f"runbook {name}: {target} already exists; choose another name, or edit that file")


def _render(source: str, **names: str) -> str:
    text = files("starter.runbook").joinpath(source).read_text(encoding="utf-8")
    # The result is Python and not HTML, and the name has been checked.
    environment = jinja2.Environment(keep_trailing_newline=True, undefined=jinja2.StrictUndefined)  # noqa: S701
    return environment.from_string(text).render(**names)


def _write(texts: dict[Path, str]) -> None:
    written: list[Path] = []
    try:
        for target, text in texts.items():
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("x", encoding="utf-8") as file:
                written.append(target)
                file.write(text)
    except OSError as error:
        for target in written:
            target.unlink(missing_ok=True)
        raise UserError(f"{error.filename}: cannot be written: {error.strerror}") from None
