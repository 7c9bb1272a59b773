"""The names that people meet, and old words in them: folders, modules, classes, commands and fields of a dossier; also functions
and variables, for the words that have no plain meaning there.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import typer

from models.dossier import Dossier
from starter.cli import app
from tests.docs.pages import ROOT

PACKAGES = ["activities", "models", "runbooks", "starter", "workflows"]


@cache
def old_words() -> dict[str, str]:
    """Each word that no name may have, with what replaces it."""
    listed: list[dict[str, Any]] = tomllib.loads((Path(__file__).parent / "style.toml").read_text())["name"]
    # A word is written with a letter in brackets there, so that a script that renames it everywhere leaves the list alone.
    return {word.replace("[", "").replace("]", ""): entry["instead"] for entry in listed for word in entry["words"]}


def words(name: str) -> list[str]:
    """The words of a name, in CamelCase, snake_case or with dashes."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[_\- .]+", " ", name).lower().split()


@cache
def words_for_code() -> set[str]:
    """The old words that no function and no variable may have either."""
    listed: list[dict[str, Any]] = tomllib.loads((Path(__file__).parent / "style.toml").read_text())["name"]
    return {word.replace("[", "").replace("]", "") for entry in listed for word in entry.get("in_code", [])}


def banned(name: str, *, in_code: bool = False) -> list[str]:
    """The old words that a name has; a pair of them may be one, as in `lease desk`. `in_code`: of a function or a variable."""
    parts = words(name)
    pairs = [" ".join(pair) for pair in pairwise(parts)]
    known = words_for_code() if in_code else old_words()
    return [word for word in [*parts, *pairs] if word in known]


def folders() -> list[str]:
    """Every folder of the packages."""
    found = [f for package in PACKAGES for f in [ROOT / package, *(ROOT / package).rglob("*")] if f.is_dir()]
    return sorted(str(f.relative_to(ROOT)) for f in found if not f.name.startswith("__"))


def commands(command: Any = None, path: tuple[str, ...] = ()) -> Iterator[str]:
    """The full name of every command."""
    command = command or typer.main.get_command(app)
    for name, child in getattr(command, "commands", {}).items():
        yield from commands(child, (*path, name))
    if path and (not hasattr(command, "commands") or command.invoke_without_command):
        yield " ".join(path)


def fields() -> set[str]:
    """Every field of a dossier."""
    schema: dict[str, Any] = Dossier.model_json_schema()
    return {name for node in [schema, *schema["$defs"].values()] for name in node.get("properties", {})}


def sources() -> list[Path]:
    """Every module of the packages, without migrations, whose names never change."""
    return sorted(p for package in PACKAGES for p in (ROOT / package).rglob("*.py") if "migrations" not in p.parts)


def names_in_code() -> Iterator[tuple[str, str]]:
    """Place and name of every function, argument, variable and attribute, each once a module."""
    for source in sources():
        found: set[str] = set()
        for node in ast.walk(ast.parse(source.read_text())):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                found.add(node.name)
            elif isinstance(node, ast.arg):
                found.add(node.arg)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                found.add(node.id)
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                found.add(node.attr)
        yield from ((str(source.relative_to(ROOT)), name) for name in sorted(found))


def names() -> Iterator[tuple[str, str, str]]:
    """Kind, place and name of everything that is named."""
    for folder in folders():
        yield "folder", folder, Path(folder).name
    for source in sources():
        place = str(source.relative_to(ROOT))
        yield "module", place, source.stem
        for node in ast.walk(ast.parse(source.read_text())):
            if isinstance(node, ast.ClassDef):
                yield "class", place, node.name
    for command in commands():
        yield "command", "commands", command
    for field in sorted(fields()):
        yield "dossier field", "dossier fields", field
