"""The page about reports describes every block with all its options, and its examples can be used as they are."""

from __future__ import annotations

import re

import pytest
import yaml

from models.report_block_kinds import REPORT_BLOCKS, ReportBlock
from tests.docs.pages import DOCS, code
from tests.report.november import shop

PAGE = DOCS / "reports.md"
TEXT = PAGE.read_text()

EXAMPLES = [yaml.safe_load(text) for text in code(PAGE, "yaml")]
BLOCKS = [entry for example in EXAMPLES if isinstance(example, list) for entry in example]
[REPORT] = [example["reports"]["monthly"] for example in EXAMPLES if isinstance(example, dict)]


def section(name: str) -> str:
    """The text below the heading of a block."""
    [found] = re.findall(rf"^### {name}\n(.*?)(?=^### )", TEXT, re.MULTILINE | re.DOTALL)
    return str(found)


@pytest.mark.parametrize("name", REPORT_BLOCKS.names())
def test_every_block_has_a_section_with_its_options_and_an_example(name: str) -> None:
    text = section(name)
    options = set(REPORT_BLOCKS.all()[name].model_fields) - {"type", "title"}

    assert set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)) == options
    assert re.search(rf"^- {name}\b", text, re.MULTILINE)


@pytest.mark.parametrize("given", [*BLOCKS, *REPORT["blocks"]], ids=str)
def test_the_examples_are_blocks_for_which_the_example_shop_has_data(given: object) -> None:
    dossier = shop([given])
    [block] = dossier.reports["monthly"].blocks

    assert isinstance(block, ReportBlock)
    assert block.lacking(dossier) is None


def test_the_example_of_a_report_is_one() -> None:
    made = shop(**REPORT)

    assert [block.type for block in made.reports["monthly"].blocks] == ["summary", "service_levels", "incidents"]
