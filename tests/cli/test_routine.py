"""`driftvakt routine order`: what is wrong with an order is named all at once, and starts nothing."""

from __future__ import annotations

import pytest

from models.dossier import Dossier
from tests.cli.conftest import Site, command
from tests.schedules.shop import SHOP

ORDER = ("order", "write", "-a", "acme.shop")

WRONG: list[tuple[tuple[str, ...], list[str]]] = [
    (("order", "wrote", "-a", "acme.shop"), ["acme.shop has no extended routine 'wrote'; it has write"]),
    ((*ORDER, "-i", "note"), ["--input note: write it as NAME=VALUE"]),
    ((*ORDER, "-i", "note=a", "-i", "note=b"), ["--input note=b: note was given before, as 'a'; give each input once"]),
    (
        (*ORDER, "--by", "eve@example.com", "-i", "colour=red", "--at", "2020-01-01T00:00Z"),
        [
            "routine write: eve@example.com may not order write; ",
            "routine write: there is no input 'colour'; it takes note",
            "routine write: note is missing",
            "routine write: it must be ordered 2d before",
        ],
    ),
]


@pytest.fixture
def dossier() -> Dossier:
    data = SHOP.model_dump(mode="json")
    data["routines"]["extended"] = {
        "write": {
            "title": "Write it down",
            "ordered_by": ["system-owner"],
            "inputs": {"note": {"type": "text", "label": "What to write"}},
            "lead_time": "2d",
            "steps": [{"type": "run", "component": "web", "command": ["note", "{note}"]}],
        }
    }
    return Dossier.model_validate(data)


def test_an_order_that_is_wrong_starts_nothing_and_says_all_that_is_wrong(site: Site) -> None:
    for arguments, said in WRONG:
        result = command("routine", *arguments)
        assert result.exit_code == 1, (arguments, result.stderr)
        assert [line for line in said if line not in result.stderr] == [], result.stderr
        assert "started" not in result.stderr
    assert site.records.operations() == []
