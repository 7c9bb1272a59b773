from __future__ import annotations

from pathlib import Path

import pytest

from activities.secrets.references import is_reference, resolve
from models.errors import SettingsError

CANARY = "canary-7f3a"


def test_a_variable_and_a_file_give_their_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIFT_TEST", CANARY)
    (tmp_path / "secret").write_text(f"{CANARY}\n")

    assert resolve("env:DRIFT_TEST") == CANARY
    assert resolve(f"file:{tmp_path / 'secret'}") == CANARY


@pytest.mark.parametrize("text", ["", CANARY, f"Env:{CANARY}", "env:", "file:", f"https://{CANARY}"])
def test_a_value_that_is_not_a_reference_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        resolve(text)

    assert CANARY not in str(refusal.value)


@pytest.mark.parametrize("text", ["env:DRIFT_NOT_SET", "file:/does/not/exist", "file:/tmp", "file:a\0b"])
def test_a_secret_that_cannot_be_read_is_named(text: str) -> None:
    with pytest.raises(SettingsError, match=text.split(":")[0]):
        resolve(text)


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff" + CANARY.encode(), CANARY.encode() * 10_000])
def test_a_file_that_holds_no_secret_is_refused_without_its_content(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(content)

    with pytest.raises(SettingsError) as refusal:
        resolve(f"file:{tmp_path / 'secret'}")

    assert CANARY not in str(refusal.value)
    assert refusal.value.__cause__ is None


def test_only_the_two_kinds_are_references() -> None:
    assert [is_reference(t) for t in ("env:A", "file:/a", "Bearer x", "agent:", "")] == [
        True,
        True,
        False,
        False,
        False,
    ]
