"""The file of events is read strictly: a mistake gets one sentence with its place and how to fix it."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from activities.availability.events_file import check_events, events_text, read_events
from models.errors import UserError
from tests.availability.example import dossier, events
from tests.availability.random_events import shuffled

WAIT = {"id": "inc.acme.shop.1", "since": "2026-05-02T00:00:00Z", "until": "2026-05-03T00:00:00Z"}
PLAIN = json.loads(events_text(events()))
SPAN = "spans/web-page/1"


def put(path: str, value: Any) -> Callable[[Any], None]:
    def edit(data: Any) -> None:
        *around, last = path.split("/")
        for key in around:
            data = data[int(key)] if isinstance(data, list) else data[key]
        data[int(last) if isinstance(data, list) else last] = value

    return edit


def drop(path: str) -> Callable[[Any], None]:
    def edit(data: Any) -> None:
        *around, last = path.split("/")
        for key in around:
            data = data[int(key)] if isinstance(data, list) else data[key]
        del data[last]

    return edit


def refused(path: Path) -> str:
    """The sentence about a file."""
    with pytest.raises(UserError) as caught:
        check_events(read_events(str(path)), [dossier()], str(path))
    return str(caught.value)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "events.json"
    path.write_text(events_text(events()))

    assert events_text(read_events(str(path))) == events_text(events())
    assert read_events(str(path)).model_dump() == events().model_dump()


def test_the_text_does_not_depend_on_the_order_of_the_events() -> None:
    assert {events_text(shuffled(Random(seed), events())) for seed in range(10)} == {events_text(events())}


CASES: list[tuple[Callable[[Any], None], str]] = [
    (put("availability", 2), "events.json: availability is 2"),
    (drop("application"), "the field 'application' is missing in the file; add for example `application: "),
    (put("maintenence", []), "unknown field 'maintenence' in the file; did you mean 'maintenance'?"),
    (
        put(f"{SPAN}/state", "dwn"),
        "spans.web-page[1].state is 'dwn', which is not possible there; did you mean 'down'?",
    ),
    (
        put(f"{SPAN}/until", "2026-05-04T00:23:00"),
        "spans.web-page[1].until is '2026-05-04T00:23:00', which is not a time",
    ),
    (
        put(f"{SPAN}/until", "2026-05-04T00:23:00.5Z"),
        "spans.web-page[1].until: this time has a fraction of a second; write whole seconds: 2026-05-14T08:30:00Z",
    ),
    (
        put(f"{SPAN}/until", "2026-05-01T00:00:00Z"),
        "spans.web-page[1]: the span ends before it begins, or has no length; write `until` after `since`",
    ),
    (
        drop(f"{SPAN}/until"),
        "the field 'until' is missing in spans.web-page[1]; add for example `until: 2026-05-14T08:",
    ),
    (put("spans/web-page", {"state": "up"}), "spans.web-page must be a list, not a mapping; write a list"),
    (put("maintenance/0/components", []), "maintenance[0].components: name at least one, or leave it out"),
    (put("maintenance/0/announced_at", "yesterday"), "maintenance[0].announced_at is 'yesterday', which is not a time"),
    (put("excused", [{**WAIT, "party": "supplier"}]), "excused[0].party is 'supplier', which is not possible there"),
    (put("blips/web-page", {"today": 1}), "blips.web-page.today: this is not a date; write it as 2026-01-31"),
    (
        put("application", "acme.payroll"),
        "the events are of acme.payroll, but the dossier is of acme.shop; give the other",
    ),
    (
        put("measured_since", {"web-pge": "2026-05-01T00:00:00Z"}),
        "measured_since names the measuring point 'web-pge', which the dossier does not have; did you mean 'web-page'?",
    ),
    (
        put("maintenance/0/components", ["database"]),
        "maintenance[0].components names the component 'database', which the dossier does not have; the dossier has app",
    ),
]


@pytest.mark.parametrize(("edit", "said"), CASES, ids=[said[:40] for _, said in CASES])
def test_a_mistake_is_named_with_its_place_and_its_fix(tmp_path: Path, edit: Callable[[Any], None], said: str) -> None:
    data = copy.deepcopy(PLAIN)
    edit(data)
    path = tmp_path / "events.json"
    path.write_text(json.dumps(data))

    sentence = refused(path)

    assert said in sentence
    assert sentence.startswith(f"{path}: ")
    assert "; " in sentence
    assert "\n" not in sentence


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b'{"availability": 1,\n "application" "acme.shop"}', "events.json, line 2: this is not JSON"),
        (b"[1]", "events.json holds no object; write {...}"),
        (b"\xff\xfe", "events.json is no text in UTF-8; give a JSON file"),
        (b'{"a": {"b": 1, "b": 2}}', "events.json: 'b' appears twice in one object; keep one of them"),
        (b"[" * 100_000, "events.json holds values that no event has"),
        (b"", "events.json, line 1: this is not JSON"),
    ],
    ids=["syntax", "list", "bytes", "twice", "deep", "empty"],
)
def test_a_file_that_is_none_is_refused_in_one_sentence(tmp_path: Path, text: bytes, said: str) -> None:
    path = tmp_path / "events.json"
    path.write_bytes(text)

    assert said in refused(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert "cannot be read: no such file" in refused(tmp_path / "none.json")
    assert "cannot be read: is a directory" in refused(tmp_path)
