from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from models.dossier.load import read_dossier
from models.dossier.schema import schema_text
from starter.dossier.commands import DossierPart, app
from tests.dossier.written import EXAMPLES, dump, plain_data

SHOP = EXAMPLES / "acme" / "shop.yaml"


def run(*arguments: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, [str(a) for a in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.stdout, result.stderr


def faulty(directory: Path) -> Path:
    data = plain_data(SHOP)
    data["reports"] = {}
    data["contacts"]["karin"]["deputy"] = "nobody"
    path = directory / "shop.yaml"
    path.write_text(dump(data))
    return path


def test_check_of_good_dossiers_says_so_and_exits_0() -> None:
    code, out, err = run("check", EXAMPLES)

    assert code == 0
    assert out == "3 files: no errors and no gaps (acme.payroll, acme.shop, nordvik.booking)\n"
    assert err == ""


def test_check_prints_every_fault_on_a_line_and_exits_1(tmp_path: Path) -> None:
    path = faulty(tmp_path)

    code, out, err = run("check", path)

    assert code == 1
    assert [line.startswith(f"{path}:") for line in out.splitlines()] == [True, True]
    assert "did you mean" not in err
    assert err == "1 file: 1 error, 1 gap against the agreement\n"


def test_check_prints_json_for_programs(tmp_path: Path) -> None:
    code, out, _ = run("check", "--json", faulty(tmp_path), SHOP)

    report = json.loads(out)
    assert code == 1
    assert (report["errors"], report["gaps"], report["dossiers"]) == (2, 1, ["acme.shop", "acme.shop"])
    assert {tuple(fault) for fault in report["faults"]} == {("path", "line", "severity", "what", "fix", "rule")}


def test_check_of_a_file_that_is_not_there_is_a_fault_and_no_traceback(tmp_path: Path) -> None:
    code, out, _ = run("check", tmp_path / "no-such.yaml")

    assert code == 1
    assert "cannot be read: no such file or directory; check its name" in out


def test_show_begins_with_whom_to_call(example: Path) -> None:
    code, out, _ = run("show", example)

    assert code == 0
    assert read_dossier(example).name in out.splitlines()[0]
    assert out.index("Who to call") < out.index("Contacts") < out.index("Components")


@pytest.mark.parametrize("part", list(DossierPart))
def test_show_of_a_part_shows_that_part_only(part: DossierPart) -> None:
    code, out, _ = run("show", SHOP, "--part", part.value)

    assert code == 0
    assert ("Who to call" in out) == (part is DossierPart.ESCALATION)
    assert len(out.splitlines()) > 3


def test_show_prints_json_that_is_a_dossier_again() -> None:
    _, out, _ = run("show", "--json", SHOP)
    _, part, _ = run("show", "--json", "--part", "parties", SHOP)

    assert type(read_dossier(SHOP)).model_validate_json(out) == read_dossier(SHOP)
    assert set(json.loads(part)) == {"parties", "contacts"}


def test_show_takes_texts_that_look_like_markup(tmp_path: Path) -> None:
    data = plain_data(SHOP)
    data["description"] = data["name"] = "[/bold] [red]shop[/red]"
    data["contacts"]["karin"]["name"] = "[link=x]"
    path = tmp_path / "shop.yaml"
    path.write_text(dump(data))

    code, out, _ = run("show", path)

    assert code == 0
    assert "[/bold] [red]shop[/red]" in out


@pytest.mark.parametrize("command", ["show", "digest"])
def test_a_dossier_with_errors_is_refused_on_standard_error(tmp_path: Path, command: str) -> None:
    code, out, err = run(command, faulty(tmp_path))

    assert code == 1
    assert out == ""
    assert "names the contact 'nobody'" in err


@pytest.mark.parametrize("command", ["show", "check", "digest"])
def test_a_file_whose_name_has_a_line_break_is_named_on_one_line(tmp_path: Path, command: str) -> None:
    _, out, err = run(command, tmp_path / "two\nlines.yaml")

    [line] = [line for line in (out + err).splitlines() if "cannot be read" in line]
    assert "two\\nlines.yaml':1: the file cannot be read: no such file or directory" in line
    assert "\nlines.yaml" not in out + err


def test_digest_prints_the_digest() -> None:
    _, out, _ = run("digest", SHOP)
    _, as_json, _ = run("digest", "--json", SHOP)

    assert out.strip() == read_dossier(SHOP).digest
    assert json.loads(as_json) == {"application": "acme.shop", "digest": out.strip()}


def test_schema_is_printed_or_written(tmp_path: Path) -> None:
    _, out, _ = run("schema")
    code, _, _ = run("schema", "--output", tmp_path / "schema.json")

    assert code == 0
    assert out == schema_text() == (tmp_path / "schema.json").read_text()
    assert json.loads(out)["title"] == "Dossier"


def test_schema_that_cannot_be_written_is_an_error_and_no_traceback(tmp_path: Path) -> None:
    code, _, err = run("schema", "--output", tmp_path / "no" / "schema.json")

    assert code == 2
    assert "cannot be written" in err


def test_match_names_the_instructions_for_failing_points_and_the_reason() -> None:
    code, out, err = run("match", SHOP, "web-page", "db-answers")

    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "1. db-down (The database does not answer): db fails; root component db",
        "2. web-down (The web server does not answer): web fails; root component db",
    ]


def test_match_names_the_measuring_points_that_there_are() -> None:
    code, _, err = run("match", SHOP, "web-pge")

    assert code == 1
    assert err.startswith("acme.shop has no measuring point 'web-pge'; it has web-page, ")
