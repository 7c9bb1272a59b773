from __future__ import annotations

import copy
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.dossier.faults import Weight
from models.dossier.load import check
from tests.dossier.test_digest import _leaves
from tests.dossier.written import EXAMPLES, dump, plain_data

TEXTS = [path.read_bytes() for path in sorted(EXAMPLES.rglob("*.yaml"))]
SHOP = plain_data(EXAMPLES / "acme" / "shop.yaml")
PLACES = list(_leaves(SHOP))
LENIENT = settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])

SNIPPETS = st.sampled_from(
    [
        *b"\t \0 : - &a *a <<: !!int { } [ ] ' ? --- ... %YAML \xff \xef\xbb\xbf \xe2\x80\xa8 # ~ 1e400 type: 0".split(
            b" "
        ),
        *(b": ", b"- ", b"&a ", b'"', b"|\n", b"? ", b"---\n", b"\r", b"\n", b"\n\t", b"!!python/name:os.system "),
    ]
)
PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["web", "run", "24x7", "P1", "5m"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "hosts", "component", "steps", "a", "P1", "<<", "runbook", "command"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)


def _check(raw: bytes) -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "dossier.yaml"
        path.write_bytes(raw)
        lines = raw.count(b"\n") + raw.count(b"\r") + raw.count(b"\xe2\x80") + raw.count(b"\xc2\x85") + 1

        for fault in check([path]):
            assert 1 <= fault.line <= lines
            assert fault.what
            assert fault.fix
            assert "\n" not in str(fault).removeprefix(str(path))
            assert fault.severity in Weight


@given(raw=st.binary(max_size=200))
@LENIENT
def test_random_bytes(raw: bytes) -> None:
    _check(raw)


@given(text=st.text(alphabet="ab:-[]{}&*!|>'\"%@`,?#\n \t~0.<", max_size=80))
@LENIENT
def test_random_signs_of_yaml(text: str) -> None:
    _check(text.encode())


@given(
    raw=st.sampled_from(TEXTS),
    cuts=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 60), SNIPPETS), min_size=1, max_size=4),
)
@LENIENT
def test_examples_with_bytes_removed_and_others_put_in(raw: bytes, cuts: list[tuple[float, int, bytes]]) -> None:
    for share, length, snippet in cuts:
        at = int(share * len(raw))
        raw = raw[:at] + snippet + raw[at + length :]

    _check(raw)


@given(place=st.sampled_from(PLACES), up=st.integers(1, 3), value=PLAIN)
@settings(LENIENT, max_examples=60)
def test_examples_with_a_part_replaced_by_anything(place: tuple[Any, ...], up: int, value: Any) -> None:
    data = copy.deepcopy(SHOP)
    part = data
    *around, last = place[: max(1, len(place) - up + 1)]
    for key in around:
        part = part[key]
    part[last] = value

    _check(dump(data).encode("utf-8", "replace"))


@given(value=PLAIN)
@LENIENT
def test_anything_as_a_dossier(value: Any) -> None:
    _check(
        dump({"dossier": 1, "architecture": value, "agreement": value, "monitoring": value, "contacts": value}).encode(
            "utf-8", "replace"
        )
    )
