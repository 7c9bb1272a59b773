from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from models.dossier import Dossier
from models.dossier.load import load
from models.dossier.rules import RULES
from models.dossier.schema import schema_text
from tests.dossier.written import EXAMPLES

PAGE = Path(__file__).parents[2] / "docs" / "dossier.md"


def test_the_schema_beside_the_examples_is_up_to_date() -> None:
    written = (EXAMPLES / "dossier.schema.json").read_text()

    assert written == schema_text(), "driftvakt dossier schema --output examples/dossier.schema.json"


def test_every_example_names_the_schema(example: Path) -> None:
    assert example.read_text().startswith("# yaml-language-server: $schema=../dossier.schema.json\n")


def test_every_field_is_documented() -> None:
    words = set(re.findall(r"`([a-z0-9_]+)`", PAGE.read_text()))
    schema: dict[str, Any] = Dossier.model_json_schema()
    fields = {name for node in [schema, *schema["$defs"].values()] for name in node.get("properties", {})}

    assert fields - words == set()


def test_every_rule_is_documented_and_no_other() -> None:
    table = PAGE.read_text().split("## Rules", 1)[1]

    assert set(re.findall(r"^\| `([a-z-]+)` \|", table, re.MULTILINE)) == set(RULES)
    assert all(rule.about for rule in RULES.values())


def test_the_dossier_that_the_page_begins_with_has_no_error_and_no_gap(tmp_path: Path) -> None:
    [text] = re.findall(r"```yaml\n(dossier: 1\n.*?)```", PAGE.read_text(), re.DOTALL)
    path = tmp_path / "first.yaml"
    path.write_text(text)

    assert [str(fault) for fault in load(path).faults] == []
