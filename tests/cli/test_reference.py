"""The reference names every setting, every command and every option, with the default that holds."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from pydantic_core import PydanticUndefined

from models.settings import Settings
from starter.cli import app

DOCS = Path(__file__).parents[2] / "docs"


def commands(command: Any = None, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Every command with its full name."""
    command = command or typer.main.get_command(app)
    for name, child in getattr(command, "commands", {}).items():
        yield from commands(child, (*path, name))
    if not hasattr(command, "commands") or command.invoke_without_command:
        yield " ".join(path), command


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_stands_in_the_reference_with_its_default(name: str) -> None:
    field = Settings.model_fields[name]
    rows = [
        line.split(" | ") for line in (DOCS / "settings.md").read_text().splitlines() if line.startswith(f"| `{name}`")
    ]
    assert len(rows) == 1, f"docs/settings.md needs one row of {name}"
    _, environment, default, meaning = rows[0]
    assert environment == f"`DRIFTVAKT_{name.upper()}`"
    if field.default is not PydanticUndefined:
        assert default == ("none" if field.default is None else f"`{json.dumps(field.default)}`")
    assert len(meaning) > 10


def test_the_reference_names_no_setting_that_is_not_there() -> None:
    rows = [line for line in (DOCS / "settings.md").read_text().splitlines() if line.startswith("| `")]
    assert {row.split("`")[1] for row in rows} == set(Settings.model_fields)


@pytest.mark.parametrize(("name", "command"), list(commands()), ids=lambda v: v if isinstance(v, str) else "")
def test_every_command_and_option_stands_in_the_reference(name: str, command: Any) -> None:
    sections = (DOCS / "commands.md").read_text().split("\n## ")
    [section] = [s for s in sections if s.splitlines()[0] == f"driftvakt {name}"]
    for parameter in command.params:
        if parameter.name == "help":
            continue
        is_argument = parameter.param_type_name == "argument"
        names = (
            [(parameter.metavar or parameter.name).upper()]
            if is_argument
            else [*parameter.opts, *parameter.secondary_opts]
        )
        for option in names:
            assert f"`{option}`" in section, f"docs/commands.md says nothing of {option} of {name}"
        assert parameter.help, f"{name} does not say what {names[0]} is for"
    assert command.help


@pytest.mark.parametrize(("name", "command"), list(commands()), ids=lambda v: v if isinstance(v, str) else "")
def test_the_reference_says_what_the_help_says(name: str, command: Any) -> None:
    """A page may add sentences, and the default of an option; it shows code with marks, and links, which a terminal cannot."""
    section = (DOCS / "commands.md").read_text().split(f"\n## driftvakt {name}\n")[1].split("\n## ")[0]
    text, *rows = re.split(r"^\| `", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", section), flags=re.MULTILINE)
    described = [(re.split(r"[` ,.]", row)[0], one_line(row.partition(" | ")[2])) for row in rows]
    # A command that has commands, such as `halt`, describes all of them in its help.
    said = command.callback.__doc__ if hasattr(command, "commands") else command.help
    assert one_line(text).startswith(one_line(said)), f"docs/commands.md describes {name} in other words"
    for parameter in command.params:
        if parameter.name == "help":
            continue
        names = (
            {parameter.name.upper(), parameter.name.upper().removesuffix("S")}
            if parameter.param_type_name == "argument"
            else {*parameter.opts}
        )
        [meaning] = [meaning for option, meaning in described if option in names]
        assert meaning.startswith(one_line(parameter.help).removesuffix(".")), (
            f"docs/commands.md describes {parameter.opts[0]} of {name} in other words"
        )


def one_line(text: str) -> str:
    return " ".join(text.replace("`", "").split())


def test_the_reference_names_no_command_that_is_not_there() -> None:
    headings = {s.splitlines()[0] for s in (DOCS / "commands.md").read_text().split("\n## ")[1:]}
    assert headings == {f"driftvakt {name}" for name, _ in commands()}


@pytest.mark.parametrize(("name", "command"), list(commands()), ids=lambda v: v if isinstance(v, str) else "")
def test_every_command_that_tells_something_has_json(name: str, command: Any) -> None:
    options = {option for parameter in command.params for option in parameter.opts}
    assert "--json" in options or name in {"dossier schema", "change schema"}, "a schema is JSON anyway"
