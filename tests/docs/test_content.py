"""What the pages say exists, and what exists is said."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from temporalio import workflow

from models.base import Model
from models.dossier.agreement import CauseCode
from models.dossier.load import check
from models.errors import DriftvaktError
from models.gates import Decision
from models.incident import (
    Acknowledge,
    CancelIncident,
    CloseIncident,
    CustomerUpdate,
    HandOver,
    IncidentState,
    Note,
    Reclassify,
    Resume,
    SetCause,
    Waiting,
)
from models.maintenance import MaintenanceOrder
from models.opening import OpenIncidentForm
from models.watch import OpenByHand
from runbooks import find_runbooks
from starter.cli import app
from tests.docs.pages import DOCS, PAGES, ROOT, code, name, prose
from tests.docs.test_links import workflow_types
from workflows.incident.workflow import Incident

ARCHITECTURE = (DOCS / "architecture.md").read_text()
OPERATING = DOCS / "operating.md"
COORDINATION = DOCS / "coordination.md"

UPDATES: dict[str, type[Model]] = {
    "acknowledge": Acknowledge,
    "add_note": Note,
    "cancel_incident": CancelIncident,
    "close_incident": CloseIncident,
    "decide": Decision,
    "hand_over": HandOver,
    "reclassify": Reclassify,
    "resume": Resume,
    "set_cause": SetCause,
    "update_customer": CustomerUpdate,
    "wait_for": Waiting,
}
"""What people tell an incident."""


def commands_in(page: Path) -> Iterator[list[str]]:
    """The words of every command line of ours: on a line of its own, or between backticks."""
    text = page.read_text()
    lines = re.findall(r"^ *(driftvakt [^\n]*)", text, re.MULTILINE) + re.findall(r"`(driftvakt [^`\n]*)`", text)
    for line in lines:
        # What comes after two spaces is said of it; after these signs, another command.
        yield re.findall(r'"[^"]*"|\S+', re.split(r"  | [|&>#] ", line)[0])


def find(words: list[str]) -> tuple[Any, list[str]]:
    """The command that words name, and the words after its name."""
    command: Any = typer.main.get_command(app)
    rest = words[1:]
    while rest and rest[0] in getattr(command, "commands", {}):
        command, rest = command.commands[rest[0]], rest[1:]
    return command, rest


def too_many(command: Any, rest: list[str]) -> list[str]:
    """Words that a command would not take as its arguments, once options have taken theirs."""
    takes = [param.nargs for param in command.params if param.param_type_name == "argument"]
    with_value = {o for p in command.params if not getattr(p, "is_flag", False) for o in p.opts if o.startswith("-")}
    words = [word for before, word in zip(["", *rest], rest, strict=False) if before not in with_value]
    given = [word for word in words if not word.startswith("-")]
    return [] if -1 in takes or hasattr(command, "commands") else given[sum(takes) :]


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_command_on_a_page_exists_with_its_options(page: Path) -> None:
    wrong = []
    for words in commands_in(page):
        command, rest = find(words)
        if hasattr(command, "commands") and rest and re.fullmatch("[a-z]+", rest[0]):
            wrong.append(" ".join(words))
        known = {option for p in command.params for option in (*p.opts, *p.secondary_opts)} | {"--help"}
        wrong += [f"{' '.join(words)}: {word}" for word in rest if re.match(r"--?[a-z]", word) and word not in known]
        wrong += [f"{' '.join(words)}: {word}" for word in too_many(command, rest)]
    assert wrong == []


@pytest.mark.parametrize("workflow", sorted(workflow_types()))
def test_every_workflow_stands_in_the_architecture(workflow: str) -> None:
    assert f"| `{workflow}` |" in ARCHITECTURE, f"docs/architecture.md: a row of {workflow} in the table of workflows"


def test_the_architecture_names_no_workflow_that_is_not_there() -> None:
    table = ARCHITECTURE.split("## The workflows")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE)) == workflow_types()


def test_every_top_level_package_stands_in_the_architecture() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"} | {
        p.stem for p in ROOT.glob("*.py")
    }
    table = ARCHITECTURE.split("## Packages and layers")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `([a-z]+)` \|", table, re.MULTILINE)) == packages


@pytest.mark.parametrize("package", ["workflows", "starter", "activities"])
def test_the_architecture_names_the_rooms_of_every_package(package: str) -> None:
    table = ARCHITECTURE.split("| concept | processes")[1].split("\n\n")[0]
    column = {"workflows": 2, "starter": 3, "activities": 4}[package]
    named = {name for row in table.splitlines()[2:] for name in re.findall(r"`([\w/.]+)`", row.split("|")[column])}
    rooms = {path.parent.name for path in (ROOT / package).glob("*/__init__.py")}
    assert {name for name in named if "/" not in name and "." not in name} == rooms
    assert [name for name in named if not (ROOT / package / name).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_file_that_a_page_names_is_there(page: Path) -> None:
    gone = [named for named in files_named(page) if not there(named)]
    assert gone == [], "the file has moved, or a reader makes it: then add it to MADE_BY_READERS"


def files_named(page: Path) -> list[str]:
    """The paths in backticks of a page: those that begin with a folder of ours, and names of Python files and shell scripts."""
    quoted = re.findall(r"`([\w./-]+)`", prose(page))
    return [
        q
        for q in quoted
        if re.match(r"(workflows|activities|models|starter|runbooks|tests|docs)/", q) or re.search(r"\w\.(py|sh)$", q)
    ]


def there(named: str) -> bool:
    """Whether a path leads from the root of the project, or a bare name or the end of a path is that of exactly some file."""
    return (
        (ROOT / named).exists() or named in MADE_BY_READERS or any(f"/{path}".endswith(f"/{named}") for path in _FILES)
    )


_FILES = [
    str(path.relative_to(ROOT))
    for package in ("workflows", "activities", "models", "starter", "runbooks", "tests", "docs", "examples")
    for path in (ROOT / package).rglob("*.*")
]
MADE_BY_READERS = {
    *(
        "acme_file_age.py",
        "acme_logbook.py",
        "acme_steps.py",
        "acme_weekdays.py",
        "acme_check_load.py",
        "activities/probes/kinds/TYPE.py",
    ),
    *("runbooks/rotate_logs.py", "rotate_logs.py", "acme_acceptance.py"),
}
"""Files that a page tells its readers to make."""


def test_every_runbook_stands_in_its_page() -> None:
    page = (DOCS / "runbooks.md").read_text()
    assert [n for n in find_runbooks() if f"### `{n}`" not in page] == []


def test_every_state_of_an_incident_stands_where_operators_read() -> None:
    page = OPERATING.read_text()
    assert [s.value for s in IncidentState if f"`{s.value}`" not in page] == []


@pytest.mark.parametrize(
    ("key", "model"), [("gate", Decision), ("title", OpenByHand)], ids=lambda v: v if isinstance(v, str) else ""
)
def test_what_operators_paste_is_understood(key: str, model: type[Decision] | type[OpenByHand]) -> None:
    samples = [m for block in code(OPERATING, "json") if key in (m := json.loads(block))]
    assert samples
    for sample in samples:
        model.model_validate(sample)


def test_the_sample_of_a_note_is_understood() -> None:
    [sample] = re.findall(r"`add_note`, `(\{.*?\})`", OPERATING.read_text())
    Note.model_validate_json(sample)


def test_whoever_leads_finds_every_update_with_a_sample_that_is_understood() -> None:
    samples = re.findall(r"`(\w+)` `(\{.*?\})` \|$", COORDINATION.read_text(), re.MULTILINE)
    assert {update for update, _ in samples} == set(UPDATES) == told_by_people()
    for update, sample in samples:
        UPDATES[update].model_validate_json(sample)


def told_by_people() -> set[str]:
    """The updates of an incident."""
    return {str(name) for name in workflow._Definition.must_from_class(Incident).updates}


def test_the_sample_of_the_form_that_opens_an_incident_is_understood() -> None:
    samples = code(COORDINATION, "json")
    assert samples
    for sample in samples:
        OpenIncidentForm.model_validate_json(sample)


def test_every_cause_code_and_every_moment_of_a_warning_is_said() -> None:
    assert [c.value for c in CauseCode if f"`{c.value}`" not in (DOCS / "dossier.md").read_text()] == []
    assert all(f"{percent}" in COORDINATION.read_text() for percent in (50, 75, 90, 100))


def test_the_sample_of_a_start_form_is_understood() -> None:
    [sample] = [block for block in code(OPERATING, "json") if "rehearse" in block]
    found = find_runbooks()["restart-with-dependants"]
    found.input_type.model_validate_json(sample)


def test_the_sample_of_the_form_that_starts_maintenance_is_understood() -> None:
    [sample] = code(DOCS / "maintenance.md", "json")
    assert MaintenanceOrder.model_validate_json(sample).rehearse


def test_the_first_dossier_of_a_new_user_has_no_fault(tmp_path: Path) -> None:
    [dossier] = [block for block in code(DOCS / "getting-started.md", "yaml") if block.startswith("dossier: 1")]
    (tmp_path / "guestbook.yaml").write_text(dossier)
    assert [str(fault) for fault in check([tmp_path])] == []


def test_the_message_table_quotes_what_is_said() -> None:
    said = "".join(path.read_text() for path in [*(ROOT / "workflows").rglob("*.py"), ROOT / "models" / "gates.py"])
    for words in ("is not the one that gate", "may not decide", "asked for this and may not decide it", "has answered gate",
                  "was decided already", "there is no gate", "has no option", "needs a reason; say why in note",
                  "the time to answer gate", "has no component"):  # fmt: skip
        assert words in said
        assert words in OPERATING.read_text()


def test_no_page_knows_an_error_class_that_is_gone() -> None:
    classes = {e.__name__ for e in _all(DriftvaktError)}
    named = {w for page in PAGES for w in re.findall(r"`([A-Z]\w+Error)`", page.read_text())} - {"ApplicationError"}
    assert named - classes == set()


def _all(error: type[DriftvaktError]) -> list[type[DriftvaktError]]:
    return [error] + [leaf for child in error.__subclasses__() for leaf in _all(child)]
