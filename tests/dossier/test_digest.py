from __future__ import annotations

import copy
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from models.dossier import Dossier
from models.dossier.load import load, read_dossier
from tests.dossier.written import DOSSIERS, EXAMPLES, dump, plain_data

SHOP = plain_data(EXAMPLES / "acme" / "shop.yaml")
DIGEST = Dossier.model_validate(SHOP).digest


def _shuffled(value: Any, chance: random.Random, key: str = "") -> Any:
    if isinstance(value, dict):
        items = [(k, _shuffled(v, chance, k)) for k, v in value.items()]
        if key != "remedies":
            chance.shuffle(items)
        return dict(items)
    return [_shuffled(v, chance) for v in value] if isinstance(value, list) else value


@given(seed=st.integers(0, 2**32))
@settings(max_examples=25)
def test_the_digest_is_the_same_for_any_order_of_keys_and_any_comments(seed: int) -> None:
    chance = random.Random(seed)
    lines = dump(_shuffled(SHOP, chance)).splitlines()
    commented = "\n".join(line if chance.random() < 0.9 else f"{line}  # why" for line in lines)

    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "shop.yaml"
        path.write_text(f"# first\n\n{commented}\n")

        assert read_dossier(path).digest == DIGEST


def _leaves(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict | list):
        for key, entry in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _leaves(entry, (*place, key))
    elif isinstance(value, bool | int | float | str):
        yield place


@given(place=st.sampled_from(list(_leaves(SHOP))))
@settings(max_examples=150)
def test_the_digest_differs_after_any_change_of_content(place: tuple[Any, ...]) -> None:
    changed = copy.deepcopy(SHOP)
    around: Any = changed
    for key in place[:-1]:
        around = around[key]
    old = around[place[-1]]
    around[place[-1]] = not old if isinstance(old, bool) else old + 1 if isinstance(old, int) else f"{old}x"

    try:
        dossier = Dossier.model_validate(changed)
    except ValidationError:
        return

    assert dossier.digest != DIGEST


def test_the_order_of_remedies_counts_because_they_are_tried_in_it() -> None:
    data = plain_data(EXAMPLES / "acme" / "shop.yaml")
    instruction = data["instructions"]["troubleshooting"]["app-down"]
    instruction["remedies"] = dict(reversed(instruction["remedies"].items()))

    assert Dossier.model_validate(data).digest != DIGEST


def test_a_dossier_that_travelled_as_json_has_the_same_digest(example: Path) -> None:
    dossier = read_dossier(example)

    assert Dossier.model_validate_json(dossier.model_dump_json()).digest == dossier.digest


@pytest.mark.parametrize("path", DOSSIERS, ids=lambda p: p.stem)
def test_equal_files_have_equal_digests(path: Path) -> None:
    first, second = load(path).dossier, load(path).dossier

    assert first is not None
    assert second is not None
    assert first.digest == second.digest
