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


def cell(text: str) -> str:
    """A text as it stands in a cell of a table of the page."""
    return " ".join(text.split()).replace("|", "\\|")


def test_every_field_is_documented_in_the_words_of_its_model() -> None:
    schema: dict[str, Any] = Dossier.model_json_schema()
    described = {**schema["$defs"], "Dossier": schema}
    other = []
    for section in re.split(r"^#+ (?=\w+$)", PAGE.read_text(), flags=re.MULTILINE):
        fields = described.get(section.partition("\n")[0], {}).get("properties", {})
        for name, meaning in re.findall(r"^\| `(\w+)` \| .*? \| (.*) \|$", section, re.MULTILINE):
            words = cell(fields.get(name, {}).get("description", ""))
            other += [name] if not meaning.startswith(words) else []
    assert other == []


def test_every_rule_is_documented_and_no_other() -> None:
    table = PAGE.read_text().split("## Rules", 1)[1]

    rows = dict(re.findall(r"^\| `([a-z-]+)` \| \w+ \| \w+ \| (.*) \|$", table, re.MULTILINE))
    assert rows == {name: cell(rule.about) for name, rule in RULES.items()}


def test_the_dossier_that_the_page_begins_with_has_no_error_and_no_gap(tmp_path: Path) -> None:
    [text] = re.findall(r"```yaml\n(dossier: 1\n.*?)```", PAGE.read_text(), re.DOTALL)
    path = tmp_path / "first.yaml"
    path.write_text(text)

    assert [str(fault) for fault in load(path).faults] == []
