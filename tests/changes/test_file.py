"""The file of a change: every fault with its line, and never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.change import ChangeFile
from models.change_file import check_change, load_change
from models.dossier.load import files
from models.dossier.schema import schema_text
from tests.changes.plans import shop
from tests.dossier.written import EXAMPLES

EXAMPLE = EXAMPLES / "acme" / "shop-tls.change.yaml"

RUN = "    - {type: run, component: app, command: put, undo: take}"


def faults(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "it.change.yaml"
    path.write_text(text)
    loaded = load_change(path)
    found = [*loaded.faults, *check_change(loaded, shop())]
    return [str(fault).removeprefix(f"{path}:") for fault in found]


def test_the_example_has_no_fault_and_is_no_dossier() -> None:
    loaded = load_change(EXAMPLE)

    assert [str(fault) for fault in [*loaded.faults, *check_change(loaded, shop())]] == []
    assert loaded.change is not None
    assert EXAMPLE not in files(EXAMPLES)


def test_the_schema_beside_the_example_is_up_to_date() -> None:
    written = (EXAMPLES / "change.schema.json").read_text()

    assert written == schema_text(ChangeFile), "driftvakt change schema --output examples/change.schema.json"


HEAD = "application: acme.shop\n"
OWN = f"{HEAD}change:\n  title: It\n  steps:\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "1: "),
        ("- a\n- b\n", "1: the file is not a mapping; begin with fields, as in `application: shop`"),
        ("application: {{}}}\n", "1: "),
        (
            HEAD,
            "1: the file: a change needs either the `routine` of a dossier or its own `change`; write one of them",
        ),
        (f"{OWN}{RUN}\nroutine: release\n", "write one of them"),
        (
            f"{HEAD}routine: relase\n",
            "2: acme.shop has no routine 'relase' for changes; use one of: release, reload-web",
        ),
        (f"{HEAD}routne: release\n", "2: unknown field 'routne' in the file; did you mean 'routine'?"),
        (f"{HEAD}kind: urgent\nroutine: release\n", "2: kind is 'urgent', which is not possible there"),
        (
            f"{HEAD}routine: release\nwindow: {{since: 2026-12-06 02:00, until: 2026-12-06 04:00}}\n",
            "3: window.since is '2026-12-06 02:00', which is not a time with its time zone; write it with its offset",
        ),
        (
            f"{HEAD}routine: release\nwindow: {{since: '2026-12-06T04:00Z', until: '2026-12-06T02:00Z'}}\n",
            "3: window: the window ends before it begins; exchange the two times",
        ),
        (
            f"{OWN}    - {{type: run, component: appp, command: x}}\n",
            "5: change.steps[0].component names the component 'appp'",
        ),
        (f"{OWN}    - {{type: rum, component: app, command: x}}\n", "5: change.steps[0] has the unknown type 'rum'"),
        (f"{OWN}    - {{type: run, command: x, undo: y}}\n", "5: change.steps[0] does not name where to run"),
        (
            f"{OWN}    - {{type: run, component: app, comand: x}}\n",
            "5: unknown field 'comand' in change.steps[0]; did you mean",
        ),
        (
            f"{OWN}    - {{type: run, component: app, command: x}}\n",
            "5: gap: change.steps[0] cannot be rolled back: it has no `undo`",
        ),
        (f"{OWN}    - {{type: start, component: payments}}\n", "acts on payments, which has no hosts"),
        (
            f"{OWN}    - {{type: run, component: app, command: x, undo: y, tries: 3}}\n",
            "has 3 tries, but is not marked as repeatable",
        ),
        (
            f"{OWN}{RUN}\n  bounds: {{values: {{db-dsk: {{rise: 1}}}}}}\n",
            "the change limits the measuring point db-dsk",
        ),
        (f"{OWN}{RUN}\n  standard: true\n", "6: unknown field 'standard' in change"),
        (f"{OWN}\t- x\n", "5: "),
    ],
)
def test_a_fault_is_reported_with_its_line_and_its_fix(tmp_path: Path, text: str, said: str) -> None:
    found = faults(tmp_path, text)

    assert any(said in fault for fault in found), found


def test_a_file_that_is_not_there_is_a_fault_and_no_traceback(tmp_path: Path) -> None:
    [fault] = load_change(tmp_path / "none.yaml").faults

    assert "none.yaml:1:" in str(fault)
