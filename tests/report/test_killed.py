"""A worker that is killed at any step of a report leaves one mail for each receiver, and one sealed version."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from activities.records import Records, upgrade
from activities.report.archive import Archive
from models.names import WORKFLOW_QUEUE
from models.operation import OperationEnd, OperationOutcome
from models.report_order import ReportOrder
from tests.notices.servers import Mailbox, mail_server
from tests.report.november import APPLICATION, keep_dossier
from tests.report.scene import JONAS, ON_CALL, shop
from tests.servers import real_server
from tests.workflows.waiting import until_asked
from tests.workflows.world import decide

BEFORE = [
    "load_application_plan",
    "survey_report",
    "gather_facts",
    "render_report",
    "open_gate",
    "send_notice decision",
]
"""The steps before people answer."""

AFTER = ["use_decision", "send_notice report", "seal_report"]
"""The steps after the answer."""


@contextmanager
def worker(home: Path, holds: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A worker in a process of its own; killed at the end at the latest."""
    (home / "holds.json").write_text(json.dumps(holds))
    with (home / "worker.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.report.killed_worker", str(home)], stdout=log, stderr=log
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def until_held(home: Path, ids: list[str], process: subprocess.Popen[bytes]) -> None:
    """Wait until all are in the middle of their step."""
    async with asyncio.timeout(240):
        while missing := [id for id in ids if not (home / f"held-{id}").exists()]:
            assert process.poll() is None, (home / "worker.log").read_text()[-3000:]
            assert missing
            await asyncio.sleep(0.1)


@pytest.mark.slow
async def test_a_worker_killed_at_any_step_of_a_report_leaves_one_mail_for_each_receiver(tmp_path: Path) -> None:
    periods = {step: f"2026-{number:02}" for number, step in enumerate([*BEFORE, *AFTER], 1)}
    ids = {step: f"report.{APPLICATION}.monthly.{period}" for step, period in periods.items()}
    with mail_server(Mailbox()) as mailbox, real_server(tmp_path / "home") as server:
        upgrade(server.settings.records_url)
        records = Records(server.settings.records_url)
        keep_dossier(records, shop())
        (tmp_path / "url").write_text(mailbox.url())
        (tmp_path / "settings.json").write_text(server.settings.model_dump_json())
        client = await server.client()
        runs = {
            step: await client.start_workflow(
                "report",
                ReportOrder(application=APPLICATION, report="monthly", period=periods[step], by=JONAS),
                id=id,
                task_queue=WORKFLOW_QUEUE,
                result_type=OperationOutcome,
            )
            for step, id in ids.items()
        }
        with worker(tmp_path, {id: step for step, id in ids.items()}) as first:
            for step in AFTER:
                await until_asked(runs[step], seconds=240)
                await decide(runs[step], "approve", by=ON_CALL)
            await until_held(tmp_path, list(ids.values()), first)
        with worker(tmp_path, {}):
            for step in BEFORE:
                await until_asked(runs[step], seconds=240)
                await decide(runs[step], "approve", by=ON_CALL)
            outcomes = await asyncio.gather(*(run.result() for run in runs.values()))
        sealed = Archive(records.database).chain(APPLICATION, "monthly")
        records.close()

    receivers = {"karin.holm@acme.example", "oskar.lind@acme.example"}
    mails = Counter((str(m["To"]), s) for m, s in zip(mailbox.messages, mailbox.subjects(), strict=True))
    assert {outcome.end for outcome in outcomes} == {OperationEnd.DONE}
    assert sorted(one.period for one in sealed) == sorted(periods.values())
    assert {one.version for one in sealed} == {1}
    reports = {mail: count for mail, count in mails.items() if mail[0] in receivers}
    assert len(reports) == len(receivers) * len(periods)
    assert set(reports.values()) == {1}
    assert {len(mailbox.attached(n)) for n, m in enumerate(mailbox.messages) if str(m["To"]) in receivers} == {2}
