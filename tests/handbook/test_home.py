"""The handbooks in the home and in examples/: whole, up to date, and never a reason to fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from activities.records import Records, upgrade
from models.settings import Settings
from starter.handbook.keeping import handbooks_of, is_kept, keep_handbook
from tests.handbook.published import samples
from tests.handbook.samples import example


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Those of an installation with empty records."""
    made = Settings(home=tmp_path / "home")
    made.home.mkdir()
    upgrade(made.records_url)
    return made


@pytest.fixture
def records(settings: Settings) -> Records:
    return Records(settings.records_url)


def test_both_handbooks_are_written_and_belong_to_their_version(settings: Settings, records: Records) -> None:
    dossier = example()
    later = example(lambda data: data.update(name="Acme garden shop"))
    assert not is_kept(settings, dossier)

    kept = keep_handbook(settings, records, dossier)

    names = ["acme.shop-handbook", "acme.shop-handbook-customer"]
    files = {f"{name}.{ending}" for name in names for ending in ("html", "pdf", "md")}
    directory = handbooks_of(settings, "acme.shop")
    assert (kept.error, kept.directory) == ("", str(directory))
    assert {file.name for file in directory.iterdir()} == files
    assert (is_kept(settings, dossier), is_kept(settings, later)) == (True, False)
    keep_handbook(settings, records, later)
    assert (is_kept(settings, dossier), is_kept(settings, later)) == (False, True)
    assert {file.name for file in directory.iterdir()} == files


def test_a_failure_is_reported_and_leaves_the_earlier_handbook(settings: Settings, records: Records) -> None:
    dossier = example()
    keep_handbook(settings, records, dossier)
    pdf = handbooks_of(settings, "acme.shop") / "acme.shop-handbook.pdf"
    pdf.unlink()
    pdf.mkdir()
    failed = keep_handbook(settings, records, dossier)
    assert failed.error == f"{pdf}: cannot be written: Is a directory; name a directory in which you may write"
    assert is_kept(settings, dossier)


@pytest.mark.parametrize("path", list(samples()), ids=lambda path: path.name)
def test_the_handbook_in_the_examples_is_up_to_date(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == samples()[path], "run `python -m tests.handbook.published`"
