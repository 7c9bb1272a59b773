"""`driftvakt dossier publish`: the version holds, is watched and monitored; gaps are counted and are no obstacle."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from temporalio.client import WorkflowExecutionStatus

from models.dossier import Dossier
from models.names import monitor_id, watch_id
from models.proof import ProofRecord, Use
from models.records import IncidentRecord, WriteRecords
from models.settings import Settings
from models.tables import DossierVersion
from tests.cli.conftest import Site, beside
from tests.dossier.written import EXAMPLES, dump, plain_data


async def test_a_published_dossier_is_current_watched_and_monitored(site: Site) -> None:
    first = await beside("dossier", "publish", str(EXAMPLES / "acme"), "--by", "on-call", "--json")
    again = await beside("dossier", "publish", str(EXAMPLES / "acme" / "payroll.yaml"), "--by", "jonas")
    client = await site.server.client()
    watching = await client.get_workflow_handle(watch_id("acme.payroll")).describe()
    monitoring = await client.get_workflow_handle(monitor_id("acme-hq")).describe()

    report = json.loads(first.stdout)
    assert [(one["application"], one["changed"]) for one in report["published"]] == [
        ("acme.payroll", True),
        ("acme.shop", True),
    ]
    digest = site.records.current_digest("acme.payroll")
    assert digest is not None
    with site.records.database.reading() as session:
        version = session.get(DossierVersion, digest)
    assert version is not None
    assert version.published_by == "on-call@driftbolaget.example"
    assert again.stdout == f"acme.payroll unchanged ({digest[:12]})\n"
    assert [watching.status, monitoring.status] == [WorkflowExecutionStatus.RUNNING] * 2
    kept = Settings().home / "handbooks" / "acme.payroll"
    assert [one["directory"] for one in report["handbooks"]] == [str(kept), str(kept.with_name("acme.shop"))]
    assert f"acme.payroll: the handbook is in {kept}\n" in again.stderr
    assert digest in (kept / "acme.payroll-handbook.html").read_text()
    assert "(payroll.yaml, line " in (kept / "acme.payroll-handbook.md").read_text().replace("\\", "")


async def test_a_handbook_that_cannot_be_written_is_no_obstacle(site: Site) -> None:
    blocked = Settings().home / "handbooks"
    blocked.write_text("in its place")
    result = await beside("dossier", "publish", str(EXAMPLES / "acme" / "payroll.yaml"), "--by", "jonas")
    assert result.exit_code == 0
    assert site.records.current_digest("acme.payroll") is not None
    said = "acme.payroll: the handbook was not written, but the dossier is published: "
    assert f"{said}{blocked}: cannot be made: File exists; remove what is in its place\n" in result.stderr


async def test_a_stranger_publishes_nothing_and_whom_the_new_version_leaves_out_may(
    site: Site, dossier: Dossier, tmp_path: Path
) -> None:
    data = json.loads(json.dumps(_renamed(dossier)))
    del data["contacts"]["anna"]
    path = tmp_path / "shop.yaml"
    path.write_text(dump(data))
    both = [str(EXAMPLES / "acme" / "payroll.yaml"), str(path)]

    stranger = await beside("dossier", "publish", str(path), "--by", "eve@example.com")
    of_one_only = await beside("dossier", "publish", *both)
    unchanged = site.records.applications(), site.records.current_digest("acme.shop")
    left_out = await beside("dossier", "publish", str(path), "--by", "ANNA@supplier.example")

    assert (stranger.exit_code, stranger.stdout) == (1, "")
    assert stranger.stderr.startswith(
        "eve@example.com is not a contact of acme.shop; the contacts are: ann@example.com"
    )
    assert of_one_only.stderr.startswith("anna@supplier.example is not a contact of acme.payroll; the contacts are: ")
    assert unchanged == (["acme.shop"], dossier.digest)
    assert left_out.exit_code == 0
    assert site.records.current_digest("acme.shop") != dossier.digest


async def test_gaps_are_counted_and_are_no_obstacle(site: Site, tmp_path: Path) -> None:
    data = plain_data(EXAMPLES / "acme" / "shop.yaml")
    for contact in data["contacts"].values():
        contact.pop("deputy", None)
    path = tmp_path / "shop.yaml"
    path.write_text(dump(data))

    result = await beside("dossier", "publish", str(path))

    assert result.exit_code == 0
    assert result.stdout.startswith("acme.shop ")
    assert f"gaps against the agreement: `driftvakt dossier check {path}` lists them" in result.stderr


async def test_everything_that_a_new_version_drops_is_listed_before_publishing(
    site: Site, dossier: Dossier, tmp_path: Path
) -> None:
    at = datetime.now(UTC)
    incident = IncidentRecord(
        id="inc.acme.shop.1",
        application="acme.shop",
        number=1,
        title="web is down",
        state="awaiting-decision",
        components=["web"],
        dossier=dossier.digest,
        opened_at=at,
        opened_by="monitor",
    )
    proof = ProofRecord(
        application="acme.shop",
        instruction="remedy/web-down/restart",
        use=Use.CARRIED_OUT,
        operation="inc.acme.shop.0",
        run="r0",
        dossier=dossier.digest,
        at=at,
    )
    site.records.write(WriteRecords(incidents=[incident], proofs=[proof]))
    path = tmp_path / "shop.yaml"
    path.write_text(dump(json.loads(json.dumps(_renamed(dossier)))))

    planned = await beside("dossier", "publish", str(path), "--dry-run")
    before = site.records.current_digest("acme.shop")
    published = await beside("dossier", "publish", str(path), "--json")

    assert before == dossier.digest
    assert planned.stdout == ""
    [of_incidents, incident_line, of_proofs, proof_line, of_schedules, schedule_line, _gaps] = (
        planned.stderr.splitlines()
    )
    assert of_incidents == "acme.shop: Incidents that continue with an earlier version:"
    assert incident_line.startswith(
        f"  inc.acme.shop.1 (web is down) is open and continues with version {dossier.digest[:12]}"
    )
    assert "its component web is not in this version" in incident_line
    assert of_proofs.startswith("acme.shop: Instructions that lose their proof")
    assert proof_line.startswith(
        "  remedy/web-down/restart asks an operator until it is rehearsed or carried out: it was changed"
    )
    assert of_schedules == "acme.shop: Schedules that do not match until you run `driftvakt apply acme.shop`:"
    assert schedule_line.startswith("  maintenance.acme.shop.patches (")
    [means] = json.loads(published.stdout)["consequences"]
    assert (len(means["incidents"]), len(means["proofs"]), len(means["schedules"])) == (1, 1, 1)
    assert site.records.current_digest("acme.shop") != dossier.digest


def _renamed(dossier: Dossier) -> dict[str, Any]:
    """The shop with another name for the component web, and with maintenance."""
    text = json.dumps(dossier.model_dump(mode="json", exclude_none=True))
    data = json.loads(text.replace('"web"', '"front"'))
    data["monitoring"]["measuring_points"]["pay-answers"]["site"] = "north"
    data["routines"]["maintenance"] = {
        "patches": {
            "title": "Patches",
            "frequency": "weekly sunday 03:00",
            "window": {"time_zone": "UTC", "hours": "02:00-05:00"},
            "components": ["front"],
            "steps": [{"type": "run", "command": "patch"}],
        }
    }
    return dict(data)
