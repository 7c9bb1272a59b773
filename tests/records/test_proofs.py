"""Proof of instructions: kept when they are used, and judged by what was carried out."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from activities.records import RecordActivities, Records
from models.dossier import Dossier
from models.dossier.provable import provable
from models.plans import PlanRequest
from models.proof import ProofRecord, Use
from models.records import WriteRecords
from tests.records.dossiers import SHOP

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
NAME = "remedy/web-down/restart"


def shop(change: Any = lambda data: None) -> Dossier:
    data = deepcopy(SHOP)
    data["instructions"] = {
        "troubleshooting": {
            "web-down": {
                "title": "Web is down",
                "symptom": {"components": ["web"]},
                "remedies": {
                    "restart": {"title": "Restart", "steps": [{"type": "restart", "component": "web"}]},
                    "ask": {
                        "title": "Ask",
                        "steps": [{"type": "restart", "component": "web"}],
                        "approval": {"roles": ["data-owner"]},
                    },
                },
            }
        }
    }
    change(data)
    return Dossier.model_validate(data)


def used(dossier: Dossier, use: Use, days_ago: float = 1, *, instruction: str = NAME) -> ProofRecord:
    return ProofRecord(
        application="acme.shop",
        instruction=instruction,
        use=use,
        operation="inc.acme.shop.1",
        run="r1",
        dossier=dossier.digest,
        at=NOW - timedelta(days=days_ago),
    )


def stale(records: Records, dossier: Dossier, name: str = NAME) -> str:
    return records.freshness(dossier, NOW)[name].stale


def test_an_unused_instruction_is_stale_and_a_rehearsal_proves_it(records: Records) -> None:
    dossier = shop()
    records.publish_dossier(dossier, "ann")
    assert stale(records, dossier) == "it was never rehearsed, nor carried out"
    records.write(WriteRecords(proofs=[used(dossier, Use.REHEARSED)]))
    records.write(WriteRecords(proofs=[used(dossier, Use.REHEARSED)]))
    found = records.freshness(dossier, NOW)[NAME]
    assert (found.stale, found.carried_out, found.failed) == ("", None, None)
    assert found.rehearsed is not None
    assert (found.rehearsed.dossier, found.rehearsed.digest) == (dossier.digest, found.digest)
    assert stale(records, dossier, "remedy/web-down/ask") != ""


def test_a_remedy_of_which_a_command_failed_is_stale_until_it_went_well_or_was_rehearsed(records: Records) -> None:
    dossier = shop()
    records.publish_dossier(dossier, "ann")
    records.write(WriteRecords(proofs=[used(dossier, Use.CARRIED_OUT, 3), used(dossier, Use.FAILED, 2)]))
    assert stale(records, dossier) == "it failed when it was last carried out, on 2026-05-30"
    records.write(WriteRecords(proofs=[used(dossier, Use.REHEARSAL_FAILED, 1.8)]))
    assert stale(records, dossier).startswith("it failed")
    records.write(WriteRecords(proofs=[used(dossier, Use.REHEARSED, 1.5)]))
    assert stale(records, dossier) == ""
    records.write(WriteRecords(proofs=[used(dossier, Use.REHEARSAL_FAILED, 0.5)]))
    assert stale(records, dossier) == "its last rehearsal failed, on 2026-06-01"


def test_a_remedy_that_did_not_help_is_proven_all_the_same(records: Records) -> None:
    dossier = shop()
    records.publish_dossier(dossier, "ann")
    records.write(WriteRecords(proofs=[used(dossier, Use.FAILED, 2), used(dossier, Use.DID_NOT_HELP, 1)]))
    found = records.freshness(dossier, NOW)[NAME]
    assert (found.stale, found.carried_out) == ("", None)
    assert found.did_not_help is not None


def test_a_proven_remedy_comes_before_a_stale_one_that_would_have_to_ask(records: Records) -> None:
    dossier = shop()
    records.publish_dossier(dossier, "ann")
    proven = used(dossier, Use.CARRIED_OUT, instruction="remedy/web-down/ask")
    records.write(WriteRecords(proofs=[used(dossier, Use.FAILED), proven.model_copy(update={"at": datetime.now(UTC)})]))
    plan = RecordActivities(records).load_incident_plan(PlanRequest(application="acme.shop", components=["web"]))
    assert [r.name for r in plan.remedies] == ["ask", "restart"]


def test_proof_holds_as_long_as_the_dossier_says(records: Records) -> None:
    def agreed(span: str) -> Dossier:
        dossier = shop(lambda data: data["instructions"].update(fresh_for=span))
        records.publish_dossier(dossier, "ann")
        return dossier

    records.publish_dossier(shop(), "ann")
    records.write(WriteRecords(proofs=[used(shop(), Use.CARRIED_OUT, 31)]))
    assert stale(records, agreed("31d")) == ""
    assert stale(records, agreed("30d")) == "it was last proven on 2026-05-01, more than 30d ago"
    assert stale(records, agreed("always"), "start-up") == ""


CHANGES: dict[str, tuple[Any, bool]] = {
    "another step": (lambda d: _remedy(d)["steps"].append({"type": "probe", "component": "web"}), True),
    "how the component is started": (
        lambda d: d["architecture"]["components"]["web"]["control"].update(unit="w2"),
        True,
    ),
    "another title": (lambda d: _remedy(d).update(title="Restart it"), False),
    "who approves": (lambda d: _remedy(d).update(approval={"roles": ["operator"]}), False),
    "another component": (lambda d: d["architecture"]["components"]["db"].update(name="Data"), False),
}


def _remedy(data: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = data["instructions"]["troubleshooting"]["web-down"]["remedies"]["restart"]
    return found


@pytest.mark.parametrize(("change", "counts"), CHANGES.values(), ids=CHANGES)
def test_proof_is_bound_to_what_is_carried_out(records: Records, change: Any, counts: bool) -> None:
    before, after = shop(), shop(change)
    for dossier in (before, after):
        records.publish_dossier(dossier, "ann")
    records.write(WriteRecords(proofs=[used(before, Use.CARRIED_OUT)]))
    said = "it was changed since it was last proven, on 2026-05-31" if counts else ""
    assert stale(records, after) == said


def test_every_instruction_of_a_dossier_can_be_proven() -> None:
    def change(data: dict[str, Any]) -> None:
        steps = [{"type": "restart", "component": "web"}]
        data["instructions"]["changes"] = {"deploy": {"title": "Deploy", "steps": steps}}
        data["routines"] = {"extended": {"campaign": {"title": "C", "ordered_by": ["operator"], "steps": steps}}}

    assert list(provable(shop(change))) == [
        "start-up", "shut-down", "remedy/web-down/restart", "remedy/web-down/ask", "change/deploy", "routine/campaign",
    ]  # fmt: skip


def test_a_plan_says_what_its_remedies_lack_and_who_is_asked(records: Records) -> None:
    dossier = shop()
    records.publish_dossier(dossier, "ann")
    made = RecordActivities(records)
    free, asked = made.load_incident_plan(PlanRequest(application="acme.shop", components=["web"])).remedies
    assert (free.stale, free.approval, free.deciders) == (
        "it was never rehearsed, nor carried out",
        None,
        ["ann@example.com", "bo"],
    )
    assert (asked.stale != "", asked.deciders) == (True, ["bo"])
    assert set(made.load_application_plan(PlanRequest(application="acme.shop")).stale) == {
        "start-up", "shut-down", NAME, "remedy/web-down/ask",
    }  # fmt: skip


def test_proof_of_a_dossier_that_is_gone_is_left_out_and_keeps_nothing_else_back(records: Records) -> None:
    dossier = shop()
    records.write(WriteRecords(proofs=[used(dossier, Use.CARRIED_OUT)]))
    records.publish_dossier(dossier, "ann")
    records.write(WriteRecords(proofs=[used(dossier, Use.REHEARSED, instruction="remedy/none/none")]))
    assert stale(records, dossier) == "it was never rehearsed, nor carried out"
