"""Files that commands write: one sentence for every fault, and no harm to a file that was there."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
import typer

from starter.terminal.writing import write_file
from tests.cli.test_wrong_input import Given

SHOP = "examples/acme/shop.yaml"


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Given:
    """Gives a command as the shell would."""
    monkeypatch.chdir(Path(__file__).parents[2])
    return Given(monkeypatch, capsys)


@pytest.mark.parametrize("command", ["dossier", "change"])
@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("", "is a directory"),
        ("no/such/directory/x", "no such file or directory"),
        ("file/x", "not a directory"),
        ("two\nlines/x", "no such file or directory"),
        ("x" * 300, "file name too long"),
    ],
)
def test_a_path_that_cannot_be_written_is_a_wrong_argument(
    given: Given, tmp_path: Path, command: str, place: str, why: str
) -> None:
    (tmp_path / "file").touch()

    code, out, err = given(command, "schema", "--output", f"{tmp_path / place}")

    assert (code, out) == (2, "")
    assert f"cannot be written: {why}; name a file in a directory that exists and in which you may write" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("command", [("dossier", "schema", "--output"), ("clock", SHOP, "--events", "-", "--picture")])
def test_an_empty_path_is_refused(given: Given, command: tuple[str, ...]) -> None:
    code, out, err = given(*command, "")

    assert (code, out) == (2, "")
    assert "it is empty; write a path" in err


def test_a_full_disk_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "place"
    place.mkdir()
    (place / "kept").write_text("before")

    def full(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(typer.Exit) as ended:
        write_file(b"after", place / "kept")

    assert ended.value.exit_code == 2
    assert [(file.name, file.read_text()) for file in place.iterdir()] == [("kept", "before")]


def test_a_file_keeps_its_rights_and_a_link_still_leads_to_it(tmp_path: Path) -> None:
    (tmp_path / "private").touch(mode=0o600)
    (tmp_path / "link").symlink_to("private")

    write_file(b"after", tmp_path / "link")

    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "private").read_bytes() == b"after"
    assert stat.S_IMODE((tmp_path / "private").stat().st_mode) == 0o600


def test_a_device_can_be_written(tmp_path: Path) -> None:
    write_file(b"nothing", Path("/dev/null"))

    assert Path("/dev/null").is_char_device()
