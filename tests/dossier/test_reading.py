from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from models.dossier.faults import Fault
from models.dossier.load import check
from models.dossier.source import MAX_BYTES, plain, read_document

Check = Callable[[str | bytes], list[Fault]]

BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{','.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(9)
)

REFUSED: list[tuple[str, str | bytes, int, str]] = [
    ("tab as indentation", "customer:\n\tname: x\n", 2, "a tab is used for indentation"),
    ("tab inside a mapping", "a:\n  b: 1\n\tc: 2\n", 3, "a tab is used for indentation"),
    ("duplicate key names both lines", "a: 1\nb: 2\na: 3\n", 3, "'a' appears twice: on line 1 and on line 3"),
    ("duplicate key deep down", "a:\n  b:\n    c: 1\n    d: 2\n    c: 3\n", 5, "on line 3 and on line 5"),
    ("bomb of aliases", BOMB, 6, "the aliases make more than 250,000 values"),
    ("bomb of long text", f"a: &a {'x' * 100_000}\nb: [{','.join(['*a'] * 200)}]\n", 2, "the aliases make more than"),
    ("alias to itself", "a: &a [1, *a]\n", 1, "the alias *a is inside the value that it repeats"),
    ("alias to nothing", "a: *nobody\n", 1, "the alias *nobody repeats nothing"),
    ("merge key", "a: &a {b: 1}\nc:\n  <<: *a\n", 3, "merge keys (<<) are not supported"),
    ("not UTF-8", b"a: 1\nb: caf\xe9\n", 2, "the byte 0xe9 is not UTF-8"),
    ("UTF-16", "a: 1\n".encode("utf-16"), 1, "the file is written in UTF-16"),
    ("NUL", b"a: 1\nb: \0\n", 2, "the character U+0000 is not allowed"),
    ("control character", b"a: 1\nb: \x07\n", 2, "the character U+0007 is not allowed"),
    ("a list", "- a\n", 1, "the file is not a mapping"),
    ("text", "hello\n", 1, "the file is not a mapping"),
    ("nothing", "", 1, "the file is empty"),
    ("comments only", "# soon\n", 1, "the file is empty"),
    ("second document", "a: 1\n---\nb: 2\n", 2, "a second document begins here"),
    ("mapping as key", "{a: 1}: 2\n", 1, "a key is a mapping or a list"),
    ("list as key", "? [a]\n: 1\n", 1, "a key is a mapping or a list"),
    ("10,000 brackets", "a: " + "[" * 10_000, 1, "values are nested more than 40 deep"),
    ("10,000 braces", "{a: " * 10_000, 1, "values are nested more than 40 deep"),
    ("a million brackets but one", "[" * (MAX_BYTES - 1), 1, "values are nested more than 40 deep"),
    ("deep indentation", "".join(" " * n + "a:\n" for n in range(100)), 41, "values are nested more than 40 deep"),
    (
        "python object",
        "a: !!python/object/apply:os.system [id]\n",
        1,
        "the tag '!!python/object/apply:os.system' is not allowed",
    ),
    ("own tag", "a: !secret x\n", 1, "the tag '!secret' is not allowed"),
    ("binary", "a: !!binary aGVq\n", 1, "the tag '!!binary' is not allowed"),
    ("unclosed quote", "a: 'x\nb: 1\n", 1, "a quote is not closed"),
    ("unclosed bracket", "a: [1, 2\nb: 3\n", 1, "a [ is not closed"),
    ("second colon", "a: b: c\n", 1, "a colon is not allowed here"),
    ("uneven indentation", "a:\n  b: 1\n c: 2\n", 3, "the indentation does not fit"),
    ("10 MB", b"# " + b"x" * 10_000_000, 1, "the file has 10.0 MB, more than the 1 MB"),
]


@pytest.mark.parametrize(("text", "line", "what"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_what_is_no_dossier_is_refused_with_its_line(
    check_text: Check, text: str | bytes, line: int, what: str
) -> None:
    faults = check_text(text)

    assert any(fault.line == line and what in fault.what for fault in faults), [str(f) for f in faults]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("no", "no"), ("yes", "yes"), ("on", "on"), ("NO", "NO"),
        ("8:30", "8:30"), ("08:00", "08:00"), ("2026-01-31", "2026-01-31"), ("24x7", "24x7"),
        ("0701234567", "0701234567"), ("0x1f", "0x1f"), ("1_000", "1_000"), ("1e999", "1e999"), (".inf", ".inf"),
        (".nan", ".nan"),
        ("9" * 5000, "9" * 5000), ("1.2.3", "1.2.3"), ("-", "-"), (".", "."), ("+", "+"), ("e3", "e3"), (".e3", ".e3"),
        ("true", True), ("False", False), ("null", None), ("~", None), ("", None),
        ("0", 0), ("-17", -17), ("22", 22), ("1.5", 1.5), (".5", 0.5), ("1e3", 1000.0), ("-2.", -2.0),
    ],
)  # fmt: skip
def test_values_mean_what_their_author_meant(written: str, read: Any) -> None:
    value = plain(written)

    assert value == read
    assert type(value) is type(read)


def test_quotes_and_blocks_make_text(tmp_path: Path) -> None:
    path = tmp_path / "d.yaml"
    path.write_text("a: '5'\nb: \"true\"\nc: |\n  5\nd: !!str 5\n")

    document = read_document(path)

    assert document.faults == []
    assert document.data == {"a": "5", "b": "true", "c": "5\n", "d": "5"}


def test_aliases_repeat_a_value(tmp_path: Path) -> None:
    path = tmp_path / "d.yaml"
    path.write_text("a: &calm\n  b: 1\nc: *calm\nd: [&x 7, *x]\n")

    document = read_document(path)

    assert document.faults == []
    assert document.data == {"a": {"b": 1}, "c": {"b": 1}, "d": [7, 7]}
    assert document.line(("c", "b")) == 2


def test_a_byte_order_mark_and_windows_line_ends_are_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "d.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\r\nb:\r\n  c: 2\r\n")

    document = read_document(path)

    assert document.faults == []
    assert document.data == {"a": 1, "b": {"c": 2}}
    assert document.line(("b", "c")) == 3


def test_what_cannot_be_opened_is_a_fault(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "directory.yaml").mkdir()
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")

    faults = check([*sorted(tmp_path.iterdir()), tmp_path / "missing.yaml", Path("a\0b"), Path("x" * 5000)])

    assert len(faults) == 6
    assert all(f.line == 1 and f.fix for f in faults)


def test_a_directory_is_searched_for_dossiers_and_hidden_files_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / ".git").mkdir()
    for name in ("b/x.yml", "a.yaml", ".git/y.yaml", "notes.txt"):
        (tmp_path / name).write_text("")

    faults = check([tmp_path])

    assert [Path(f.path).relative_to(tmp_path).as_posix() for f in faults] == ["a.yaml", "b/x.yml"]


def test_a_directory_without_dossiers_is_a_fault(tmp_path: Path) -> None:
    assert "there is no dossier in this directory" in str(check([tmp_path])[0])


def test_of_faults_without_number_the_first_are_named(check_text: Check) -> None:
    hosts = ", ".join(f"h{n}" for n in range(20_000))

    faults = check_text(
        f"architecture: {{components: {{web: {{hosts: [{hosts}]}}}}}}\n" + "".join(f"f{n}: 1\n" for n in range(20_000))
    )

    assert 500 < len(faults) < 3_000
