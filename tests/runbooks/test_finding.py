from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import runbooks
from models.errors import RunbookError
from runbooks import find_runbooks, in_package, offers

GOOD = '''
from temporalio import workflow
from models.jobs import Outcome
from models.runbooks import RunbookInput, RunbookReport
from workflows.runbook import Runbook, runbook


@runbook("say-hello")
class SayHello(Runbook):
    """Say hello.

    Politely.
    """

    @workflow.run
    async def run(self, order: RunbookInput) -> RunbookReport:
        await self.begin(order)
        return await self.report(Outcome.OK, "hello")
'''


class Package:
    """A package of runbooks that a test fills."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, file: str, text: str) -> None:
        (self.path / file).write_text(text)

    def load(self) -> ModuleType:
        importlib.invalidate_caches()
        return importlib.import_module(self.path.name)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Package]:
    path = tmp_path / "found_runbooks"
    path.mkdir()
    (path / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    yield Package(path)
    for name in [n for n in sys.modules if n.partition(".")[0] == path.name]:
        del sys.modules[name]


def test_a_file_is_found_by_itself_with_what_people_read_of_it(package: Package) -> None:
    package.write("say_hello.py", GOOD)
    package.write("_shared.py", "x = 1")

    found = in_package(package.load())

    assert list(found) == ["say-hello"]
    one = found["say-hello"]
    assert (one.title, one.purpose, one.workflow_type) == ("Say hello", "Politely.", "runbook.say-hello")
    assert not one.component_scoped


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            ("from temporalio", "import not_there\nfrom temporalio"),
            "it cannot be loaded: ModuleNotFoundError: No module",
        ),
        (("async def", "async deff"), "it cannot be loaded: SyntaxError: invalid syntax (line 16)"),
        (('@runbook("say-hello")', ""), "no class is declared as a runbook"),
        (('"say-hello"', '"Say_Hello"'), "is named 'runbook.Say_Hello'; name it with @runbook(\"say-hello\")"),
        (('"say-hello"', f'"{"a" * 33}"'), "32 at most"),
        (('"say-hello"', '"wave"'), "which does not match its file; rename the file to wave.py"),
        (('@runbook("say-hello")', '@workflow.defn(name="runbook.say-hello")'), "would hang on a wrong input"),
        (('@runbook("say-hello")', '@workflow.defn(name="hello")'), "is named 'hello'"),
        (('"""Say hello.\n\n    Politely.\n    """', ""), "has no docstring"),
        (("order: RunbookInput)", "order: str)"), "must take one input with a type annotation: RunbookInput"),
        (("order: RunbookInput)", "order)"), "must take one input with a type annotation: RunbookInput"),
        (("-> RunbookReport", "-> str"), "must return a RunbookReport"),
        (("(Runbook):", ":"), "is not a Runbook; write `class SayHello(Runbook)`"),
        (("    @workflow.run", "    def ask(self) -> None: ...\n\n    @workflow.run"), "redefines ask"),
    ],
)
def test_a_file_that_is_no_runbook_is_reported_with_the_fix(
    package: Package, change: tuple[str, str], said: str
) -> None:
    before, after = change
    assert before in GOOD
    package.write("say_hello.py", GOOD.replace(before, after))

    with pytest.raises(RunbookError) as caught:
        in_package(package.load())

    assert str(caught.value).startswith("found_runbooks/say_hello.py: ")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_two_runbooks_in_one_file_are_refused(package: Package) -> None:
    second = GOOD.partition("@runbook")
    package.write("say_hello.py", GOOD + "\n\n@runbook" + second[2].replace("SayHello", "SayMore"))

    with pytest.raises(RunbookError, match="SayHello, SayMore are all declared as a runbook"):
        in_package(package.load())


def test_all_faults_are_reported_at_once(package: Package) -> None:
    package.write("one.py", "")
    package.write("two.py", "")

    with pytest.raises(RunbookError) as caught:
        in_package(package.load())

    assert [line.partition(":")[0] for line in str(caught.value).splitlines()] == [
        "found_runbooks/one.py",
        "found_runbooks/two.py",
    ]


def test_every_file_of_the_package_is_a_runbook_and_named_after_it() -> None:
    found = find_runbooks()

    assert {
        "carry-out-remedy",
        "collect-evidence",
        "free-disk-space",
        "restart-with-dependants",
        "wait-for-health",
    } <= set(found)
    files = {p.stem for p in Path(next(iter(runbooks.__path__))).glob("*.py") if not p.name.startswith("_")}
    assert {name.replace("-", "_") for name in found} == files


def test_an_incident_is_offered_what_needs_to_know_no_more_than_the_component() -> None:
    names = {offer.name for offer in offers()}

    assert {"collect-evidence", "restart-with-dependants", "wait-for-health"} <= names
    assert not {"free-disk-space", "carry-out-remedy"} & names


def test_every_runbook_is_described_in_the_documentation() -> None:
    text = (Path(__file__).parents[2] / "docs" / "runbooks.md").read_text()

    sections = set(re.findall(r"^### `([a-z0-9-]+)`$", text, re.MULTILINE))

    assert sections == set(find_runbooks()), "docs/runbooks.md has a section ### `NAME` for every runbook, and no other"
