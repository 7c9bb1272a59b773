"""`driftvakt handbook`: from the records, or from a file alone; what is wrong is one sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from activities.records import Records
from models.dossier import Dossier
from models.names import remedy_name
from models.proof import ProofRecord, Use
from models.records import OperationRecord, WriteRecords
from models.restores import RestoreProof
from tests.cli.conftest import _own_environment, command, records
from tests.dossier.written import EXAMPLES
from tests.handbook.samples import NOW, SHOP, example

__all__ = ["_own_environment", "records"]

BEFORE = NOW.replace(month=6)


@pytest.fixture
def dossier() -> Dossier:
    return example()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("DRIFTVAKT_HOME", str(home))
    return home


def test_a_file_alone_gives_the_handbook_in_three_forms(tmp_path: Path, home: Path) -> None:
    made = command("handbook", "--dossier", str(SHOP), "-o", str(tmp_path / "out"))
    files = [tmp_path / "out" / f"acme.shop-handbook.{ending}" for ending in ("html", "pdf", "md")]
    assert made.exit_code == 0
    assert made.stdout.splitlines() == [str(file) for file in files]
    assert sorted((tmp_path / "out").iterdir()) == sorted(files)
    assert files[0].read_text().startswith("<!doctype html>")
    assert files[1].read_bytes().startswith(b"%PDF-1.7")
    assert "unknown: no records were read" in files[2].read_text()


def test_the_customers_copy_is_in_the_customers_language(home: Path) -> None:
    theirs = command("handbook", "--dossier", str(SHOP), "--customer").stdout
    ours = command("handbook", "--dossier", str(SHOP)).stdout
    wanted = command("handbook", "--dossier", str(SHOP), "--customer", "--language", "en").stdout
    assert theirs.startswith("# Handbok: Acme web shop")
    assert ours.startswith("# Handbook: Acme web shop")
    assert "The customer's copy" in wanted


def test_the_records_say_when_instructions_and_restores_last_worked(records: Records, dossier: Dossier) -> None:
    carried_out = {
        "application": "acme.shop", "instruction": remedy_name("web-down", "restart-web"), "use": Use.CARRIED_OUT,
        "operation": "inc.acme.shop.1", "run": "r", "dossier": dossier.digest, "at": BEFORE,
    }  # fmt: skip
    proof = RestoreProof.model_validate(
        {
            "restore": "database", "point": "shop-1.dump", "point_at": BEFORE, "asked_at": BEFORE, "lost": "5h",
            "agreed_point": "24h", "took": "40m", "agreed_time": "3h", "verified": True,
        }
    )  # fmt: skip
    drill: dict[str, Any] = {
        "id": "drill.acme.shop.1", "kind": "drill", "application": "acme.shop", "name": "database", "title": "Drill",
        "state": "closed", "dossier": "", "opened_at": BEFORE, "opened_by": "schedule", "closed_at": BEFORE,
        "outcome": "done", "summary": "", "first_run": "r", "data": {"proof": proof.model_dump(mode="json")},
    }  # fmt: skip
    proofs, operations = [ProofRecord.model_validate(carried_out)], [OperationRecord.model_validate(drill)]
    records.write(WriteRecords(proofs=proofs, operations=operations))

    shown = command("handbook", "acme.shop").stdout.replace("\\", "")

    assert "| Last worked | carried out 2026-06-01 10:00; more than 180 d ago" in shown
    assert "| Data that may be lost at most (RPO) | 1 d | last achieved: 5 h |" in shown
    assert "| Last drill | 2026-06-01 | as agreed |" in shown
    assert "never: it was not carried out or rehearsed yet" in shown
    assert "instructions.troubleshooting.web-down.remedies.restart-web |" in shown


def test_json_lists_the_files(tmp_path: Path, home: Path, dossier: Dossier) -> None:
    made = command("handbook", "--dossier", str(SHOP), "-o", str(tmp_path), "--customer", "--json")
    assert json.loads(made.stdout) == {
        "application": "acme.shop",
        "name": "Acme web shop",
        "dossier": dossier.digest,
        "files": [str(tmp_path / f"acme.shop-handbook-customer.{ending}") for ending in ("html", "pdf", "md")],
    }


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "name an application, as in acme.shop, or give --dossier FILE; not both"),
        (
            ["acme.shop", "--dossier", str(SHOP)],
            "name an application, as in acme.shop, or give --dossier FILE; not both",
        ),
        (["acme.wiki"], "no dossier of acme.wiki is published; there are acme.shop"),
        (
            ["--dossier", str(SHOP), "-o", "no/such/place"],
            "No such file or directory; name a directory in which you may write",
        ),
        (["--dossier", str(EXAMPLES / "README.md")], "README.md:"),
    ],
)
def test_a_wrong_input_is_one_sentence(records: Records, words: list[str], said: str) -> None:
    made = command("handbook", *words)
    assert made.exit_code == 1
    assert said in made.stderr
    assert "Traceback" not in made.stderr
    assert made.stdout == ""
