from __future__ import annotations

import subprocess
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from models.dossier.instructions import Approval, RunStep
from models.hosts import Systemd
from models.jobs import Outcome
from models.plans import ApplicationPlan, IncidentPlan
from models.runbooks import RunbookReport
from runbooks.collect_evidence import _STANDARD, CollectEvidence, CollectEvidenceInput
from tests.fakes import Answer, FakeHosts, application_plan, carry_out
from tests.workflows.shop import OPERATOR

STANDARD = ["uptime", "df -Pk", "free -m", "{ ps -eo", "ss -lntu"]


async def collect(env: WorkflowEnvironment, hosts: FakeHosts, **inputs: Any) -> RunbookReport:
    order = CollectEvidenceInput.model_validate(
        {"application": "acme.shop", "requested_by": OPERATOR, "component": "web", **inputs}
    )
    return await carry_out(env.client, hosts, CollectEvidence, order)


def with_unit(plan: ApplicationPlan) -> ApplicationPlan:
    web = plan.components["web"].model_copy(update={"control": Systemd(unit="shop-web.service")})
    return plan.model_copy(update={"components": {**plan.components, "web": web}})


async def test_every_host_is_asked_the_standard_questions_and_only_reads(skipping: WorkflowEnvironment) -> None:
    hosts = FakeHosts(application_plan({"web": []}, hosts={"web": ["web-1", "web-2"]}))

    report = await collect(skipping, hosts)

    assert report.outcome is Outcome.OK
    for asked in hosts.hosts_by_line.values():
        assert [question[: len(begin)] for question, begin in zip(asked, STANDARD, strict=True)] == STANDARD
    assert all(job.read_only for job in hosts.jobs)
    assert report.summary == "10 pieces of evidence from 2 hosts"


async def test_a_unit_has_its_journal_read_and_a_log_file_its_end(skipping: WorkflowEnvironment) -> None:
    unit = FakeHosts(with_unit(application_plan({"web": []})))
    file = FakeHosts(application_plan({"web": []}))

    await collect(skipping, unit, log_lines=20)
    await collect(skipping, file, log="/var/log/shop/web log", log_lines=5)

    assert unit.lines[-1] == "web-1: journalctl --no-pager -n 20 -u shop-web.service"
    assert file.jobs[-1].command == ["tail", "-n", "5", "/var/log/shop/web log"]


async def test_what_the_troubleshooting_instruction_says_is_collected_too(skipping: WorkflowEnvironment) -> None:
    plan = application_plan({"web": [], "db": []})
    steps = [
        RunStep(host="db-1", command="count-connections", read_only=True),
        RunStep(host="db-1", command="kill-connections"),
    ]
    incident = IncidentPlan(plan=plan, collect=steps, handover=Approval(roles=["operator"]))
    hosts = FakeHosts(plan, incident)

    await collect(skipping, hosts)

    assert hosts.hosts_by_line["db-1"] == ["count-connections"]


async def test_a_rehearsal_collects_the_same_because_nothing_is_changed(skipping: WorkflowEnvironment) -> None:
    hosts = FakeHosts(application_plan({"web": []}))
    hosts.answer("web-1: uptime", Answer(stdout="up 3 days"))

    report = await collect(skipping, hosts, rehearse=True)

    assert all(job.rehearse and job.read_only for job in hosts.jobs)
    assert "up 3 days" in report.steps[0].detail


async def test_a_host_that_does_not_answer_leaves_the_evidence_of_the_others(skipping: WorkflowEnvironment) -> None:
    hosts = FakeHosts(application_plan({"web": []}, hosts={"web": ["web-1", "web-2"]}))
    hosts.answer("web-1", Answer(outcome=Outcome.UNKNOWN))

    report = await collect(skipping, hosts)

    assert report.outcome is Outcome.UNKNOWN
    assert {step.outcome for step in report.steps if step.host == "web-2"} == {Outcome.OK}


async def test_a_component_without_hosts_is_reported(skipping: WorkflowEnvironment) -> None:
    hosts = FakeHosts(application_plan({"web": []}, hosts={"web": []}))

    report = await collect(skipping, hosts)

    assert report.outcome is Outcome.FAILED
    assert report.steps[0].detail == "the dossier has no host for it"


@pytest.mark.parametrize("command", _STANDARD.values(), ids=_STANDARD.keys())
def test_every_standard_command_works_in_a_plain_shell(command: str) -> None:
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
