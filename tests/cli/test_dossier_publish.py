"""`driftvakt dossier publish`: the version holds, is watched and monitored; gaps are counted and are no obstacle."""

from __future__ import annotations

import json
from pathlib import Path

from temporalio.client import WorkflowExecutionStatus

from models.names import monitor_id, watch_id
from tests.cli.conftest import Site, beside
from tests.dossier.written import EXAMPLES, dump, plain_data


async def test_what_is_published_holds_is_watched_and_monitored(site: Site) -> None:
    first = await beside("dossier", "publish", str(EXAMPLES / "acme"), "--by", "ann", "--json")
    again = await beside("dossier", "publish", str(EXAMPLES / "acme" / "payroll.yaml"))
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
    assert again.stdout == f"acme.payroll unchanged ({digest[:12]})\n"
    assert [watching.status, monitoring.status] == [WorkflowExecutionStatus.RUNNING] * 2


async def test_gaps_are_counted_and_are_no_obstacle(site: Site, tmp_path: Path) -> None:
    data = plain_data(EXAMPLES / "acme" / "shop.yaml")
    for contact in data["contacts"].values():
        contact.pop("deputy", None)
    path = tmp_path / "shop.yaml"
    path.write_text(dump(data))

    result = await beside("dossier", "publish", str(path))

    assert result.exit_code == 0
    assert result.stdout.startswith("acme.shop ")
    assert f"gaps against the agreement: `driftvakt dossier check {path}` names them" in result.stderr
