from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from models.dossier import Dossier
from models.dossier.load import read_dossier
from models.dossier.parties import PartyKind
from models.dossier.reports import ApprovedBy, Report, ReportSpan
from models.report_block_kinds import REPORT_BLOCKS, ReportBlock
from models.report_blocks import IncidentsBlock, MetricsBlock, ReportStatistic, SummaryBlock
from starter.cli import app
from tests.dossier.rule_edits import BLOCKS, both
from tests.dossier.test_messages import drop, put
from tests.dossier.written import EXAMPLES, dump, plain_data

WRITTEN: dict[str, Any] = {
    "title": "Monthly",
    "frequency": "monthly first working day 08:00",
    "receivers": ["karin"],
    "blocks": ["summary"],
}


def report(**given: Any) -> Report:
    return Report.model_validate({**WRITTEN, **given})


def test_a_block_is_written_as_its_name_or_with_its_options() -> None:
    blocks = report(
        blocks=["summary", {"incidents": None}, {"metrics": {"points": ["disk"], "statistic": "max", "title": "Disk"}}]
    ).blocks

    assert blocks == [
        SummaryBlock(),
        IncidentsBlock(),
        MetricsBlock(points=["disk"], statistic=ReportStatistic.MAXIMUM, title="Disk"),
    ]


def test_blocks_keep_the_order_and_the_titles_of_the_dossier() -> None:
    kinds = [name for name in REPORT_BLOCKS.all() if name != "metrics"]
    written = [{name: {"title": f"No. {n}"}} for n, name in enumerate(reversed(kinds))]

    blocks = report(blocks=written).blocks

    assert [(b.type, b.title) for b in blocks] == [(name, f"No. {n}") for n, name in enumerate(reversed(kinds))]


def test_a_stored_dossier_has_the_same_blocks_and_digest_when_it_is_read_again(example: Path) -> None:
    dossier = read_dossier(example)

    again = Dossier.model_validate(dossier.model_dump(mode="json"))

    assert again == dossier
    assert again.digest == dossier.digest


def test_the_order_of_blocks_changes_the_digest() -> None:
    data = plain_data(EXAMPLES / "acme" / "shop.yaml")
    before = Dossier.model_validate(data).digest
    data["reports"]["monthly"]["blocks"].reverse()

    assert Dossier.model_validate(data).digest != before


def test_a_dossier_of_an_earlier_release_is_read_and_its_words_become_blocks(tmp_path: Path) -> None:
    data = plain_data(EXAMPLES / "acme" / "shop.yaml")
    both(drop(BLOCKS), put("reports/monthly/content", ["incidents", "Restores", "service-levels", "economy"]))(data)
    path = tmp_path / "shop.yaml"
    path.write_text(dump(data))

    read = read_dossier(path).reports["monthly"]

    assert [block.type for block in read.blocks] == ["incidents", "restore_drills", "service_levels"]


def test_a_report_of_an_earlier_release_whose_words_are_no_blocks_can_still_be_read() -> None:
    data = {key: value for key, value in WRITTEN.items() if key != "blocks"}

    read = Report.model_validate({**data, "content": ["economy"]})

    assert [block.type for block in read.blocks] == ["summary"]


def test_the_check_prints_a_note_and_its_exit_code_stays_0(tmp_path: Path) -> None:
    data = plain_data(EXAMPLES / "nordvik" / "booking.yaml")
    both(
        put("agreement/undertakings", ["incident", "reports"]),
        drop("reports/monthly/blocks"),
        put("reports/monthly/content", ["incidents"]),
    )(data)
    path = tmp_path / "booking.yaml"
    path.write_text(dump(data))

    told = CliRunner().invoke(app, ["dossier", "check", str(path)])
    as_json = CliRunner().invoke(app, ["dossier", "check", str(path), "--json"])

    assert (told.exit_code, as_json.exit_code) == (0, 0)
    assert "write `blocks: [incidents]` instead" in told.output
    assert "1 file: no errors and no gaps, 1 note (nordvik.booking)" in told.output
    assert '"severity": "note"' in as_json.output


@pytest.mark.parametrize(
    ("given", "covers"),
    [
        ({"frequency": "weekly monday 08:00"}, ReportSpan.WEEK),
        ({"frequency": "monthly first working day 08:00"}, ReportSpan.MONTH),
        ({"frequency": "quarterly first working day 08:00"}, ReportSpan.QUARTER),
        ({"frequency": "daily 08:00"}, ReportSpan.MONTH),
        ({"frequency": "cron: 0 8 2 1 *"}, ReportSpan.MONTH),
        ({"frequency": "cron: 0 8 2 1 *", "period": "previous year"}, ReportSpan.YEAR),
        ({"frequency": "weekly monday 08:00", "period": "previous month"}, ReportSpan.MONTH),
    ],
)
def test_a_report_covers_the_period_of_its_frequency_unless_the_dossier_names_one(
    given: dict[str, str], covers: ReportSpan
) -> None:
    assert report(**given).covers is covers


def test_an_operator_of_the_supplier_approves_by_default_and_the_question_stays_open() -> None:
    approval = report().approval

    assert (approval.roles, approval.by.parties) == (["operator"], [PartyKind.SUPPLIER])
    assert approval.on_silence.value == "ask_again"


def test_both_parties_are_asked_in_turn_the_supplier_first() -> None:
    assert ApprovedBy.BOTH.parties == [PartyKind.SUPPLIER, PartyKind.CUSTOMER]


def test_every_kind_of_block_describes_itself_and_fits_no_other_name() -> None:
    for name, kind in REPORT_BLOCKS.all().items():
        assert issubclass(kind, ReportBlock)
        assert kind.model_fields["type"].default == name
        assert (kind.__doc__ or "").strip()
