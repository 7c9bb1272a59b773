"""What a new version changes: in sentences, for whom, and whether it was agreed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from activities.amendment.areas import AREAS, agreed_digest, leaves
from activities.amendment.comparing import Amendment, amendment
from models.dossier import Dossier
from models.errors import UserError
from tests.dossier.written import EXAMPLES, plain_data
from tests.handbook.samples import example

BOTH = ["driftbolaget", "acme"]
OURS = ["driftbolaget"]
Change = Callable[[dict[str, Any]], Any]


def changed(change: Change) -> Amendment:
    return amendment(example(), example(change))


@pytest.mark.parametrize(
    ("change", "text", "concerns"),
    [
        (
            lambda d: d["agreement"]["service_levels"]["P1"]["respond"].update(within="30m"),
            "The service level P1: respond within is now 30m; it was 15m.",
            BOTH,
        ),
        (
            lambda d: d["agreement"]["service_hours"]["office"]["weekly"].update(friday=["08:00-15:00"]),
            "The service hours office: weekly friday. New: 08:00-15:00. Gone: 08:00-16:00.",
            BOTH,
        ),
        (
            lambda d: d["monitoring"]["measuring_points"].pop("web-certificate"),
            "The measuring point web-certificate is gone.",
            BOTH,
        ),
        (
            lambda d: d["monitoring"]["measuring_points"]["db-disk"]["thresholds"]["full"].update(when="value > 97"),
            "The threshold full of the measuring point db-disk: when is now value > 97; it was value > 95.",
            BOTH,
        ),
        (
            lambda d: d["monitoring"]["measuring_points"]["payments-page"].update(every="2m"),
            "The measuring point payments-page: every is now 2m; it was 1m.",
            [*BOTH, "betalt"],
        ),
        (
            lambda d: d["routines"]["maintenance"]["patches"]["window"].update(hours="01:00-05:00"),
            "The maintenance routine patches: window hours is now 01:00-05:00; it was 02:00-05:00.",
            BOTH,
        ),
        (
            lambda d: d["instructions"]["restore"]["database"].update(restore_time="2h"),
            "The restore database: restore time is now 2h; it was 3h.",
            BOTH,
        ),
        (
            lambda d: d["parties"]["betalt"]["answers_within"].update(within="1h"),
            "The party betalt: answers within is now 1h; it was 2h.",
            [*BOTH, "betalt"],
        ),
        (
            lambda d: d["escalation"]["P5"].pop(),
            "The escalation policy P5. Gone: (contacts: jonas; channel: chat; acknowledge within: 4h; hours: office).",
            BOTH,
        ),
        (
            lambda d: d["routines"]["extended"].pop("campaign"),
            "The routine on order campaign is gone: Switch a campaign on.",
            BOTH,
        ),
    ],
)
def test_what_was_agreed_concerns_both_parties_and_changes_the_digest(
    change: Change, text: str, concerns: list[str]
) -> None:
    found = changed(change)
    assert [(line.text, line.agreed, line.concerns) for line in found.lines] == [(text, True, concerns)]
    assert found.changes_agreement


def _new_host(data: dict[str, Any]) -> None:
    data["architecture"]["hosts"]["web3"] = {**data["architecture"]["hosts"]["web2"], "address": "192.0.2.13"}


def _turned(data: dict[str, Any]) -> None:
    found = data["instructions"]["troubleshooting"]["app-down"]
    found["remedies"] = dict(reversed(found["remedies"].items()))


@pytest.mark.parametrize(
    ("change", "text", "concerns"),
    [
        (_new_host, "The host web3 is new.", OURS),
        (
            lambda d: d["monitoring"]["measuring_points"]["app-port"]["probe"].update(port=8081),
            "The probe of the measuring point app-port: port is now 8081; it was 8080.",
            OURS,
        ),
        (
            lambda d: d["instructions"]["troubleshooting"]["web-down"]["remedies"]["restart-web"].update(title="Again"),
            "The remedy restart-web of the instruction web-down: title is now Again; it was Restart nginx.",
            OURS,
        ),
        (_turned, "The instruction app-down tries its remedies in another order: restart-all, restart-app.", OURS),
        (
            lambda d: d["contacts"]["oskar"].update(phone="+46 70 1234"),
            "The contact oskar: phone is now +46 70 1234; it was +46 70 174 06 13.",
            BOTH,
        ),
        (
            lambda d: d["architecture"]["components"]["payments"].pop("notes"),
            "The component payments: notes is not set any more; it was Without it orders are taken against invoice.",
            ["driftbolaget", "betalt"],
        ),
        (
            lambda d: d["routines"]["maintenance"]["patches"]["steps"][0].update(timeout="40m"),
            None,
            OURS,
        ),
        (lambda d: d.update(description="Sells tools."), None, OURS),
    ],
)
def test_what_the_supplier_decides_alone_leaves_the_digest(
    change: Change, text: str | None, concerns: list[str]
) -> None:
    found = changed(change)
    [line] = found.lines
    assert (line.agreed, line.concerns) == (False, concerns)
    assert text is None or line.text == text
    assert not found.changes_agreement
    assert found.old != found.new


def test_the_order_of_keys_changes_nothing() -> None:
    def turned(data: dict[str, Any]) -> None:
        points = data["monitoring"]["measuring_points"]
        data["monitoring"]["measuring_points"] = dict(reversed(points.items()))

    found = changed(turned)
    assert (found.lines, found.changes_agreement) == ([], False)


def test_a_new_version_lists_what_was_agreed_first() -> None:
    def several(data: dict[str, Any]) -> None:
        _new_host(data)
        data["agreement"]["service_levels"]["P1"]["respond"]["within"] = "30m"
        data["agreement"]["version"] = 3

    assert [line.text for line in changed(several).lines] == [
        "The agreement: version is now 3; it was 2.",
        "The service level P1: respond within is now 30m; it was 15m.",
        "The host web3 is new.",
    ]


def test_versions_of_two_applications_are_refused() -> None:
    other = Dossier.model_validate(plain_data(EXAMPLES / "acme" / "payroll.yaml"))
    with pytest.raises(UserError, match=r"^the first dossier is of acme.shop, and the second of acme.payroll;"):
        amendment(example(), other)


WHOLE = example().model_dump(mode="json")
PLACES = sorted(path for path, _ in leaves(WHOLE) if path[0] not in ("customer", "application", "dossier"))


@st.composite
def edits(draw: st.DrawFn) -> Dossier | None:
    """The shop with some entries removed, and others with the value of another place; None if that is no dossier."""
    data = deepcopy(WHOLE)
    for _ in range(draw(st.integers(1, 3))):
        *around, last = draw(st.sampled_from(PLACES))[: draw(st.integers(2, 6))]
        other = _at(data, tuple(around))
        if not isinstance(other, dict) or last not in other:
            continue
        if draw(st.booleans()):
            del other[last]
        else:
            values = [value for path, value in leaves(WHOLE) if path[-1] == last]
            other[last] = deepcopy(draw(st.sampled_from(values))) if values else other[last]
    try:
        return Dossier.model_validate(data)
    except ValidationError:
        return None


def _at(data: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        data = data.get(key) if isinstance(data, dict) else None
    return data


@given(edits())
def test_the_digest_of_what_was_agreed_changes_exactly_if_a_sentence_says_so(other: Dossier | None) -> None:
    if other is None:
        return
    for one, two in ((example(), other), (other, example())):
        found = amendment(one, two)
        assert found.changes_agreement == any(line.agreed for line in found.lines)
        assert bool(found.lines) == (found.old != found.new)
        assert all(line.text.endswith(".") and line.concerns for line in found.lines)


def test_every_area_is_a_part_of_a_dossier() -> None:
    def known(path: tuple[str, ...], value: Any) -> bool:
        if not path:
            return True
        keys = list(value) if path[0] == "*" else [path[0]]
        return any(isinstance(value, dict) and key in value and known(path[1:], value[key]) for key in keys)

    data = {**WHOLE, "monitoring": {**WHOLE["monitoring"], "sources": {"x": {}}}}
    assert [area.pattern for area in AREAS if not known(area.keys, data)] == []
    assert [name for name in _fields() if name] == []


def _fields() -> Iterator[str]:
    """Fields that an area names and no entry has."""
    for area in AREAS:
        below = [path[len(area.keys) :] for path, _ in leaves(WHOLE) if area.keys and area.holds(path)]
        below += [path for path, _ in leaves(WHOLE) if not area.keys]
        known = {path[0] for path in below if path}
        yield from (f"{area.pattern}: {name}" for name in (*area.alone, *area.together) if known and name not in known)


def test_the_digest_is_that_of_the_agreed_part_alone() -> None:
    assert (
        agreed_digest(example())
        == agreed_digest(example(_new_host))
        != agreed_digest(example(lambda d: d["reports"].clear()))
    )
