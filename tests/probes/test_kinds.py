from __future__ import annotations

import pkgutil
from pathlib import Path
from typing import Literal

import pytest

import activities.probes.kinds as kinds
from activities.probes.kinds import way_of
from activities.probes.runner import ProbeRunner
from models.probe_kinds import PROBES, Probe
from models.probes import Seen
from tests.probes.conftest import target

PAGE = Path(__file__).parents[2] / "docs" / "dossier.md"


def test_every_kind_has_its_file_and_every_file_its_kind() -> None:
    assert sorted(module.name for module in pkgutil.iter_modules(kinds.__path__)) == sorted(PROBES.all())
    assert [kind for kind in PROBES.all().values() if not way_of(kind)] == []


@pytest.mark.parametrize("name", PROBES.names())
def test_every_kind_is_in_the_reference_of_the_dossier(name: str) -> None:
    kind = PROBES.all()[name]
    section = PAGE.read_text().partition(f"### {kind.__name__}\n")[2].partition("\n### ")[0]

    assert f"| `type` | `{name}` |" in section
    assert [field for field in kind.model_fields if f"| `{field}` |" not in section] == []


@pytest.mark.parametrize("name", PROBES.names())
def test_what_a_kind_declares_of_its_fields_names_fields_that_it_has(name: str) -> None:
    kind = PROBES.all()[name]

    assert {pattern.partition(".")[0] for pattern in kind.forms} | kind.secret_fields <= set(kind.model_fields)
    assert "host" in kind.model_fields or not kind.on_host


class _Undeclared(Probe):
    """A kind that nothing carries out."""

    type: Literal["undeclared"] = "undeclared"


async def test_a_kind_of_probe_without_code_is_no_data_and_names_the_fix(checks: ProbeRunner) -> None:
    [sample] = await checks.probe_all([target(_Undeclared())])

    assert sample.seen is Seen.NO_DATA
    assert "declare one with @carries_out(_Undeclared)" in sample.detail
