from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import TypeAdapter, ValidationError

from models.errors import NotFoundError, UserError
from models.runbooks import RunbookInput
from models.settings import Settings
from runbooks import find_runbook, find_runbooks
from starter.runbook.catalogue import describe, inputs_of, sample_input, start_url


def settings(home: Path, **more: Any) -> Settings:
    return Settings(home=home, **more)


@pytest.mark.parametrize("name", sorted(find_runbooks()))
def test_every_sample_is_a_valid_rehearsal(name: str) -> None:
    runbook = find_runbook(name)

    sample = sample_input(runbook.input_type)

    assert runbook.input_type.model_validate_json(json.dumps(sample)).rehearse


@pytest.mark.parametrize("name", sorted(find_runbooks()))
def test_every_input_says_what_it_is_for(name: str, home: Path) -> None:
    entry = describe(find_runbook(name), settings(home))

    assert [field.name for field in entry.inputs if not field.description] == []
    assert entry.purpose


def test_an_entry_shows_types_defaults_and_meanings(home: Path) -> None:
    fields = {field.name: field for field in describe(find_runbook("free-disk-space"), settings(home)).inputs}

    assert (fields["directories"].type, fields["directories"].required) == ("list of text", True)
    assert (fields["older_than_days"].type, fields["older_than_days"].default) == ("whole number", 14)
    assert fields["rehearse"].type == "true or false"
    wait = {field.name: field for field in describe(find_runbook("wait-for-health"), settings(home)).inputs}
    assert (wait["within"].type, wait["within"].default) == ("duration", "10m")


def test_the_start_form_of_the_ui_is_addressed_with_queue_type_and_a_readable_id(home: Path) -> None:
    url = start_url(
        find_runbook("wait-for-health"),
        settings(home, temporal_ui_url="https://ui.example.com/", temporal_namespace="our ops"),
        datetime(2026, 11, 30, 17, 12, tzinfo=UTC),
    )

    parts = urlsplit(url)
    assert (parts.netloc, parts.path) == ("ui.example.com", "/namespaces/our%20ops/workflows/start-workflow")
    assert parse_qs(parts.query) == {
        "taskQueue": ["driftvakt"],
        "workflowType": ["runbook.wait-for-health"],
        "workflowId": ["runbook.acme.shop.wait-for-health.2026-11-30-1712"],
    }


@pytest.mark.parametrize(
    ("pairs", "text", "given"),
    [
        (["component=web"], None, {"component": "web"}),
        (["path=/a=b"], None, {"path": "/a=b"}),
        (["directories=/a/b", "directories=/c/d"], None, {"directories": ["/a/b", "/c/d"]}),
        (['directories=["/a/b"]'], None, {"directories": ["/a/b"]}),
        (["component=db"], '{"component": "web", "older_than_days": 3}', {"component": "db", "older_than_days": 3}),
    ],
)
def test_inputs_are_read_from_pairs_and_from_json(pairs: list[str], text: str | None, given: dict[str, Any]) -> None:
    assert inputs_of(find_runbook("free-disk-space")).read(pairs, text) == given


@pytest.mark.parametrize(
    ("pairs", "text", "said"),
    [
        (["component"], None, "--input component: write it as KEY=VALUE"),
        (["=web"], None, "write it as KEY=VALUE"),
        (["rehearse=false"], None, "rehearse is not given like this"),
        ([], '{"application": "a.b"}', "application is not given like this"),
        ([], "{", "--input-json: it is not JSON"),
        ([], "[]", "--input-json: it must be a JSON object"),
        ([], "[" * 100_000, "--input-json: the JSON cannot be read"),
        (["directories=[1"], None, "--input directories: it is not JSON"),
    ],
)
def test_inputs_that_cannot_be_read_are_refused_in_one_sentence(pairs: list[str], text: str | None, said: str) -> None:
    with pytest.raises(UserError) as caught:
        inputs_of(find_runbook("free-disk-space")).read(pairs, text)

    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_every_fault_of_an_input_gets_a_sentence_of_its_own() -> None:
    given = {"application": "acme", "requested_by": "a", "directories": ["/"], "older_than_days": "x", "compnent": "w"}

    with pytest.raises(UserError) as caught:
        inputs_of(find_runbook("free-disk-space")).build(given)

    assert str(caught.value).splitlines() == [
        "runbook free-disk-space: the application is written CUSTOMER.APPLICATION, as in acme.shop, not 'acme'",
        "runbook free-disk-space: the input component is missing; add --input component=...",
        "runbook free-disk-space: directories.0: '/' is too close to the root to be cleaned; give a directory inside it",
        "runbook free-disk-space: the input patterns is missing; add --input patterns=...",
        "runbook free-disk-space: older_than_days must be a whole number",
        "runbook free-disk-space: it has no input 'compnent'; it takes component, path, above_percent, directories, "
        "patterns, older_than_days",
    ]


def test_an_unknown_runbook_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(NotFoundError, match="there is no runbook 'reboot'; the runbooks are carry-out-remedy, "):
        find_runbook("reboot")


def _own_fields() -> list[Any]:
    found = []
    for name, runbook in sorted(find_runbooks().items()):
        for field, info in runbook.input_type.model_fields.items():
            if field not in RunbookInput.model_fields:
                kind = Annotated[(info.annotation, *info.metadata)] if info.metadata else info.annotation
                found.append(pytest.param(kind, id=f"{name}-{field}"))
    return found


@pytest.mark.parametrize("kind", _own_fields())
@pytest.mark.parametrize("value", ["-x", "--delete=/", "-1", -1])
def test_no_input_of_a_runbook_can_become_an_option_of_a_command(kind: Any, value: str | int) -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(kind)
    for given in (value, [value]):
        with pytest.raises(ValidationError):
            adapter.validate_python(given)
