"""Files that people give to commands."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from models import input_files
from models.errors import UserError
from models.input_files import file_title, read_file


def refused(name: str) -> str:
    with pytest.raises(UserError) as caught:
        read_file(name, "a JSON file")
    return str(caught.value)


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bom.json").write_bytes(b"\xef\xbb\xbf{}")
    monkeypatch.setattr("sys.stdin", io.StringIO("\ufeff{}"))

    assert read_file(str(tmp_path / "bom.json"), "a JSON file") == "{}"
    assert read_file("-", "a JSON file") == "{}"


def test_what_cannot_be_read_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\xff")

    assert refused("") == "the name of a file is empty; give a JSON file, or - for standard input"
    assert refused(str(tmp_path)).endswith("cannot be read: is a directory; check its name and its permissions")
    assert refused(str(tmp_path / "none")).endswith(
        "cannot be read: no such file or directory; check its name and its permissions"
    )
    assert refused(str(tmp_path / "picture.png")).endswith("is no text in UTF-8; give a JSON file")
    assert "cannot be read: embedded null byte" in refused("a\0b")


def test_a_file_beyond_the_bound_is_refused_before_it_fills_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(input_files, "_LARGEST", 10)
    (tmp_path / "large").write_text("x" * 11)

    assert refused(str(tmp_path / "large")).endswith("has more than 10 characters; give a JSON file with less in it")


def test_a_name_with_a_line_break_stays_on_one_line() -> None:
    assert file_title("a\nb") == "'a\\nb'"
    assert file_title("-") == "standard input"
