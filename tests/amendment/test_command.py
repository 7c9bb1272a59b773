"""`driftvakt dossier diff`: on the terminal and as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from starter.cli import app
from tests.documents.hostile import HOSTILE
from tests.dossier.written import EXAMPLES, dump, plain_data
from tests.handbook.samples import SHOP


def command(*words: str) -> Result:
    return CliRunner().invoke(app, ["dossier", "diff", *words])


def written(folder: Path, **given: Any) -> str:
    data = plain_data(SHOP)
    data["agreement"]["service_levels"]["P1"]["respond"]["within"] = "30m"
    path = folder / "new.yaml"
    path.write_text(dump(data | given))
    return str(path)


def test_it_says_what_is_new_for_whom(tmp_path: Path) -> None:
    said = command(str(SHOP), written(tmp_path, description="Sells tools"))
    assert said.exit_code == 0
    first, level, second, description, digest = said.stdout.splitlines()
    assert (first, second) == ("Changes that the parties must agree on:", "Changes by the supplier alone:")
    assert level == "  levels: The service level P1: respond within is now 30m; it was 15m. [driftbolaget, acme]"
    assert description.startswith("  agreement: The application: description is now Sells tools; it was Where Acme's")
    assert digest.startswith("Digest of all that was agreed: ")
    assert command(str(SHOP), str(SHOP)).stdout == "acme.shop: the two versions say the same\n"


def test_json_has_the_lines_and_the_digests(tmp_path: Path) -> None:
    found = json.loads(command(str(SHOP), written(tmp_path), "--json").stdout)
    assert (found["application"], found["changes_agreement"]) == ("acme.shop", True)
    [line] = found["lines"]
    assert (line["part"], line["agreed"], line["concerns"]) == ("levels", True, ["driftbolaget", "acme"])
    assert found["old_agreed"] != found["new_agreed"]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_stay_on_one_line(tmp_path: Path, text: str) -> None:
    said = command(str(SHOP), written(tmp_path, description=text))
    assert said.exit_code == 0
    assert len(said.stdout.splitlines()) == 5
    assert all(c.isprintable() or c == "\n" for c in said.stdout)


def test_a_wrong_input_is_one_sentence() -> None:
    missing = command(str(SHOP), "no-such-file.yaml")
    other = command(str(SHOP), str(EXAMPLES / "acme" / "payroll.yaml"))
    assert (missing.exit_code, other.exit_code) == (1, 1)
    assert "no-such-file.yaml" in missing.stderr
    assert other.stderr.startswith("the first dossier is of acme.shop, and the second of acme.payroll; compare two")
