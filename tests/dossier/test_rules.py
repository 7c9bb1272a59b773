from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from models.dossier import Dossier
from models.dossier.agreement import Undertaking
from models.dossier.faults import Fault, Weight
from models.dossier.load import check, read_dossier
from models.dossier.rules import RULES
from models.dossier.rules.cycles import circles
from models.dossier.rules.places import APPROVALS, STEPS, approvals, steps
from models.dossier.rules.references import REFERENCES, ROLES
from models.errors import DossierError
from tests.dossier import cases_of_availability, cases_of_form, cases_of_service
from tests.dossier.rule_edits import Edit, both
from tests.dossier.test_messages import put
from tests.dossier.written import EXAMPLES, dump, plain_data

CheckEdited = Callable[[Edit], list[Fault]]

CASES = [*cases_of_form.CASES, *cases_of_service.CASES, *cases_of_availability.CASES]


@pytest.mark.parametrize(("rule", "edit", "what"), CASES, ids=[f"{c[0]}-{n}" for n, c in enumerate(CASES)])
def test_a_rule_names_what_breaks_it(check_edited: CheckEdited, rule: str, edit: Edit, what: str) -> None:
    faults = check_edited(edit)

    matching = [f for f in faults if f.rule == rule]
    assert any(what in str(f) for f in matching), [str(f) for f in faults]
    assert {f.severity for f in matching} == {RULES[rule].weight}
    assert "hunter2" not in str(faults)


def test_every_rule_has_a_case() -> None:
    assert {rule for rule, _, _ in CASES} == set(RULES)


@pytest.mark.parametrize("rule", [r.name for r in RULES.values() if r.undertaking], ids=str)
def test_a_gap_is_none_where_its_undertaking_was_not_bought(check_edited: CheckEdited, rule: str) -> None:
    edit = next(edit for name, edit, _ in CASES if name == rule)
    bought = [u.value for u in Undertaking if u is not RULES[rule].undertaking]

    faults = check_edited(both(put("agreement/undertakings", bought), edit))

    assert rule not in {f.rule for f in faults}


def test_the_examples_have_no_fault() -> None:
    assert [str(f) for f in check([EXAMPLES])] == []


def test_an_error_of_a_reference_stands_on_its_line(tmp_path: Path) -> None:
    text = (EXAMPLES / "acme" / "shop.yaml").read_text().replace("hosts: [web1, web2]", "hosts: [web1, web3]")
    path = tmp_path / "shop.yaml"
    path.write_text(text)

    [fault] = check([path])

    assert fault.line == text.split("web3")[0].count("\n") + 1
    assert fault.severity is Weight.ERROR


def test_two_dossiers_of_one_application_are_an_error(tmp_path: Path) -> None:
    text = (EXAMPLES / "acme" / "shop.yaml").read_text()
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(text)

    [fault] = check([tmp_path])

    assert str(fault).startswith(f"{tmp_path / 'b.yaml'}:1: acme.shop already has a dossier in {tmp_path / 'a.yaml'};")


def test_a_dossier_with_an_error_is_not_read_and_one_with_a_gap_is(tmp_path: Path) -> None:
    data = plain_data(EXAMPLES / "acme" / "shop.yaml")
    data["reports"] = {}
    path = tmp_path / "shop.yaml"
    path.write_text(dump(data))

    assert read_dossier(path).id == "acme.shop"

    data["capacity"]["participants"] = ["nobody", "no-one"]
    path.write_text(dump(data))
    with pytest.raises(DossierError) as refused:
        read_dossier(path)
    assert str(refused.value).count("\n") == 1


def test_long_chains_and_many_circles_are_found_without_recursion() -> None:
    ring = {str(n): [str((n + 1) % 50_000)] for n in range(50_000)}

    assert [len(c) for c in circles(ring)] == [50_000]
    assert list(circles({"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": []})) == []
    assert list(circles({"a": ["a"], "b": ["c"], "c": ["b"]})) == [["a"], ["b", "c"]]


def test_steps_and_approvals_are_found_wherever_they_stand(example: Path) -> None:
    dossier = read_dossier(example)
    written = list(_models(dossier))

    assert len(list(steps(dossier))) == sum(m.endswith("Step") for m in written)
    assert len(list(approvals(dossier))) == sum(m.endswith("Approval") for m in written)


def _models(value: object) -> Iterator[str]:
    if isinstance(value, BaseModel):
        yield type(value).__name__
        for name in type(value).model_fields:
            yield from _models(getattr(value, name))
    elif isinstance(value, dict | list):
        for entry in value.values() if isinstance(value, dict) else value:
            yield from _models(entry)


NOT_REFERENCES = {"customer", "application", "contacts.*.roles.*", "agreement.availability.*.thresholds.*"}
"""Names that define something, may be anything, or are checked by a rule of their own."""


def test_every_name_in_the_format_is_checked() -> None:
    schema = Dossier.model_json_schema()
    named = set(_identifiers(schema, schema, ""))
    runbooks = {place for place in named if place.endswith(".runbook")}  # known to the installation, not to the file

    assert named - runbooks - NOT_REFERENCES - set(ROLES) - set(REFERENCES) == set()
    assert len(STEPS) + len(APPROVALS) == 18 * 2 + 10


def _identifiers(schema: dict[str, Any], node: dict[str, Any], place: str) -> Iterator[str]:
    if "$ref" in node:
        yield from _identifiers(schema, schema["$defs"][node["$ref"].rsplit("/", 1)[1]], place)
    elif node.get("pattern") == "^[a-z][a-z0-9-]{0,39}$":
        yield place
    for key, child in node.get("properties", {}).items():
        if key == "undo" and place != "instructions.changes.*.steps.*":
            continue  # refused everywhere else, whatever stands in it
        yield from _identifiers(schema, child, f"{place}.{key}" if place else key)
    for child in node.get("anyOf", []) + node.get("oneOf", []):
        yield from _identifiers(schema, child, place)
    for key in ("additionalProperties", "items"):
        if isinstance(node.get(key), dict):
            yield from _identifiers(schema, node[key], f"{place}.*")
    for child in node.get("patternProperties", {}).values():
        yield from _identifiers(schema, child, f"{place}.*")
