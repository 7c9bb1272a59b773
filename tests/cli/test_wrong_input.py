"""No traceback for a user's error anywhere: every wrong input is said in a sentence, with an exit code."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from activities.records import Records
from starter import cli
from tests.cli.test_wrong_values import FOREIGN

_ROOT = Path(__file__).parents[2]

AWAY = "Temporal does not answer at 127.0.0.1:"
USAGE = [
    ["nonsense"],
    ["incident", "nonsense"],
    ["incident", "show"],
    ["incident", "list", "--limit", "many"],
    ["incident", "list", "--limit", "0"],
    ["alarm", "quarantine", "list", "--limit", "9" * 23],
    ["incident", "report", "acme.shop.1", "--version", "9" * 23],
    ["maintenance", "calendar", "--from", "9999-12-31"],
    ["incident", "open", "acme.shop"],
    ["incident", "decide", "acme.shop.1"],
    ["watch", "show"],
    ["dossier", "publish"],
    ["dossier", "publish", ""],
    ["dossier", "check", ""],
    ["dossier", "show", ""],
    ["change", "submit", ""],
    ["clock", ""],
    ["up", ""],
    ["dossier", "show", "x.yaml", "--part", "nonsense"],
    ["doctor", "now"],
    ["alarm", "raise"],
    ["runbook", "run"],
    ["up", "--nonsense"],
]
NO_TEMPORAL = [
    ["incident", "list"],
    ["incident", "list", "--all", "--json"],
    ["incident", "open", "acme.shop", "--title", "x"],
    ["incident", "decide", "acme.shop.1", "approve", "--yes"],
    ["incident", "note", "acme.shop.1", "x"],
    ["incident", "cancel", "acme.shop.1", "--reason", "x", "--yes"],
    ["watch", "list"],
    ["watch", "show", "acme.shop"],
    ["dossier", "publish", "examples/acme/shop.yaml"],
    ["alarm", "raise", "acme.shop"],
    ["alarm", "clear", "acme.shop", "--fingerprint", "x"],
    ["runbook", "run", "wait-for-health", "-a", "acme.shop", "-i", "component=web"],
]
EVERY = [*NO_TEMPORAL, ["incident", "show", "acme.shop.1"], ["worker"], ["intake"], ["up"]]


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Given:
    """Gives a command as the shell would."""
    monkeypatch.chdir(_ROOT)
    return Given(monkeypatch, capsys)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (["incdent", "list"], "Did you mean 'incident'?"),
        (["capacity", "forcast"], "Did you mean 'forecast'?"),
        (["operation", "abrot"], "Did you mean 'abort'?"),
        (["clock", "--evnts", "x"], "Possible options: --events"),
        (["dossier", "check", "--jsno", "x"], "Possible options: --json"),
    ],
)
def test_a_misspelt_command_or_option_names_the_nearest(given: Given, typed: list[str], meant: str) -> None:
    code, out, err = given(*typed)

    assert (code, out) == (2, "")
    assert meant in err


class Given:
    """A command, given; whatever else than an exit it raises fails the test."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        self._monkeypatch.setattr(sys, "argv", ["driftvakt", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        captured = self._capsys.readouterr()
        return int(ended.value.code or 0), captured.out, captured.err


@pytest.mark.parametrize("arguments", USAGE, ids=" ".join)
def test_a_command_that_is_written_wrongly_exits_2_and_shows_how(given: Given, arguments: list[str]) -> None:
    code, out, err = given(*arguments)
    assert (code, out) == (2, "")
    assert "Usage: " in err


@pytest.mark.parametrize("arguments", NO_TEMPORAL, ids=" ".join)
@pytest.mark.usefixtures("records")
def test_that_temporal_does_not_run_is_one_sentence(given: Given, arguments: list[str]) -> None:
    code, out, err = given(*arguments)
    assert code in {1, 2}
    assert (out, len(err.splitlines())) == ("", 1)
    assert AWAY in err
    assert "driftvakt up" in err


@pytest.mark.parametrize("arguments", EVERY, ids=" ".join)
def test_a_home_that_cannot_be_used_is_one_sentence(
    given: Given, arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("not a directory")
    monkeypatch.setenv("DRIFTVAKT_HOME", str(tmp_path / "file" / "home"))
    code, _, err = given(*arguments)
    assert code in {1, 2}
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("arguments", [*EVERY, ["runbook", "list"]], ids=" ".join)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DRIFTVAKT_TEMPORAL_PORT", "many"),
        ("DRIFTVAKT_HOME", "~nobody-of-that-name/var"),
        ("DRIFTVAKT_SITES", "[not json"),
        ("DRIFTVAKT_INTAKE_HOST", "0.0.0.0"),
        ("DRIFTVAKT_INTAKE_PROT", "8480"),
    ],
)
def test_a_wrong_setting_is_named_in_one_sentence(
    given: Given, arguments: list[str], name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    code, _, err = given(*arguments)
    assert code in {1, 2}
    assert len(err.splitlines()) == 1
    assert name.removeprefix("DRIFTVAKT_").lower() in err.lower()
    assert FOREIGN.search(err) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("colour = 'blue'", "colour"),
        ("ssh_threads = ", "cannot be read"),
        ("ssh_threads = 0", "ssh_threads"),
        ("\0", "driftvakt.toml"),
    ],
)
def test_a_wrong_settings_file_is_named_in_one_sentence(given: Given, home: Path, text: str, said: str) -> None:
    (home / "driftvakt.toml").write_text(text)
    code, _, err = given("incident", "list")
    assert (code, len(err.splitlines())) == (1, 1)
    assert said in err
    code, out, _ = given("doctor")
    assert code == 1
    assert "wrong" in out


@pytest.mark.parametrize(
    "text", ["", "shop", "acme.shop", "acme.shop.", "acme.shop.x", "..1", "acme.shop.17'; --", "å.b.1", "\0"]
)
def test_an_argument_that_names_no_incident_is_refused(given: Given, text: str) -> None:
    code, out, err = given("incident", "show", text)
    assert (code, out, len(err.splitlines())) == (1, "", 1)
    assert "write it as acme.shop.17" in err


@pytest.mark.usefixtures("records")
def test_a_number_alone_asks_of_which_application(given: Given) -> None:
    assert given("incident", "show", "17") == (1, "", "incident 17 of which application? write acme.shop.17\n")


def test_an_incident_of_one_application_is_not_searched_in_another(given: Given) -> None:
    said = "acme.shop.1 is not an incident of acme.payroll\n"
    assert given("incident", "show", "acme.shop.1", "-a", "acme.payroll") == (1, "", said)


@pytest.mark.usefixtures("records")
def test_a_dossier_with_errors_is_not_published(given: Given, tmp_path: Path, site: object) -> None:
    (tmp_path / "bad.yaml").write_text("customer: [")
    for path in (tmp_path / "bad.yaml", tmp_path / "none.yaml", tmp_path / "\udcff.yaml"):
        code, out, err = given("dossier", "publish", str(path))
        assert (code, out) == (1, "")
        assert err


def test_help_comes_without_loading_anything_heavy() -> None:
    heavy = {"asyncio", "temporalio", "sqlalchemy", "sqlmodel", "paramiko", "httpx", "asyncssh"}
    program = (
        "import sys; sys.argv = ['driftvakt', *sys.argv[1:]]\n"
        "from starter.cli import main\n"
        "try: main()\n"
        f"except SystemExit: print('LOADED', sorted({heavy | {'pydantic'}!r} & set(sys.modules)))"
    )
    for arguments in (["--help"], ["incident", "--help"], ["incident", "decide", "--help"], ["doctor", "--help"]):
        # Typer itself loads pydantic, where it is installed, for the help of anything but the whole.
        allowed = "LOADED []" if arguments == ["--help"] else "LOADED ['pydantic']"
        shown = subprocess.run(
            [sys.executable, "-c", program, *arguments], cwd=_ROOT, capture_output=True, text=True, timeout=60
        )
        assert "Usage: driftvakt" in shown.stdout
        assert shown.stdout.splitlines()[-1] in {"LOADED []", allowed}, arguments


@pytest.mark.usefixtures("home")
def test_a_reader_that_goes_away_is_no_traceback(records: Records) -> None:
    program = [sys.executable, "-m", "starter.cli", "runbook", "list", "--json"]
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ended = subprocess.run(program, cwd=_ROOT, stdout=writing, stderr=subprocess.PIPE, text=True, timeout=60)
    finally:
        os.close(writing)
    assert "Traceback" not in ended.stderr
