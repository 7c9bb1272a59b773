from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from models.dossier.faults import Fault
from models.dossier.load import check
from tests.dossier.written import DOSSIERS, EXAMPLES, dump, plain_data

Edit = Callable[[dict[str, Any]], object]


@pytest.fixture
def check_text(tmp_path: Path) -> Callable[[str | bytes], list[Fault]]:
    """Write a file, check it, and hold every fault to the promise that it has a line, a reason and a way to mend it."""

    def act(text: str | bytes) -> list[Fault]:
        path = tmp_path / "dossier.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        faults = check([path])
        lines = max(1, path.read_bytes().count(b"\n") + 1)
        for fault in faults:
            weight = {"error": "", "gap": "gap: ", "note": "note: "}[fault.severity.value]
            assert str(fault) == f"{path}:{fault.line}: {weight}{fault.what}; {fault.fix}"
            assert 1 <= fault.line <= lines
            assert fault.what
            assert fault.fix
            assert "\n" not in str(fault)
        return faults

    return act


@pytest.fixture
def check_edited(check_text: Callable[[str | bytes], list[Fault]]) -> Callable[[Edit], list[Fault]]:
    """Check the example acme/shop after something in it was changed."""

    def act(edit: Edit) -> list[Fault]:
        data = plain_data(EXAMPLES / "acme" / "shop.yaml")
        edit(data)
        return check_text(dump(data))

    return act


@pytest.fixture(params=DOSSIERS, ids=lambda p: p.stem)
def example(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path
