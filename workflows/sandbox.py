"""The one sandbox configuration, used by the worker, the tests and the replayer alike."""

from __future__ import annotations

from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions


def workflow_runner() -> SandboxedWorkflowRunner:
    """Make the runner: our messages, stubs and what workflows share pass through: loaded once, and not once a workflow.

    Only the modules that define workflows are loaded for each of them. The others would cost every open incident 150 KB and
    a third of its worker's time; that they are deterministic is held by the tests that replay at every step.
    """
    return SandboxedWorkflowRunner(
        restrictions=SandboxRestrictions.default.with_passthrough_modules(
            "pydantic",
            "pydantic_core",
            "annotated_types",
            "models",
            "activities.stubs",
            "workflows.alarm_desk",
            "workflows.alarm_lines",
            "workflows.blast_radius",
            "workflows.carrying",
            "workflows.calls",
            "workflows.case",
            "workflows.change_plan",
            "workflows.clocks",
            "workflows.crowd",
            "workflows.customer",
            "workflows.dependencies",
            "workflows.details",
            "workflows.discipline",
            "workflows.drafts",
            "workflows.failed_step",
            "workflows.faring",
            "workflows.firing",
            "workflows.gates",
            "workflows.handing_over",
            "workflows.healing",
            "workflows.health_before",
            "workflows.holding",
            "workflows.host_work",
            "workflows.incident_book",
            "workflows.incident_page",
            "workflows.instructing",
            "workflows.joining",
            "workflows.keys",
            "workflows.ladder",
            "workflows.late_alarms",
            "workflows.leading",
            "workflows.lease_desk",
            "workflows.looking",
            "workflows.major_page",
            "workflows.notices",
            "workflows.occurrences",
            "workflows.operation",
            "workflows.operation_page",
            "workflows.operation_record",
            "workflows.outbox",
            "workflows.outcomes",
            "workflows.placing",
            "workflows.policies",
            "workflows.recovering",
            "workflows.restarting",
            "workflows.restoring.adapter",
            "workflows.restoring.choosing",
            "workflows.restoring.commands",
            "workflows.restoring.directories",
            "workflows.restoring.files",
            "workflows.restoring.from_backup",
            "workflows.restoring.own",
            "workflows.restoring.postgresql_base",
            "workflows.restoring.postgresql_dump",
            "workflows.restoring.restic",
            "workflows.rolling",
            "workflows.runbook",
            "workflows.scope",
            "workflows.steps",
            "workflows.telling",
            "workflows.text",
            "workflows.undoing",
            "workflows.waiting",
            "workflows.watch_memory",
            "workflows.watch_orders",
            "workflows.watch_page",
            "workflows.wording",
        )
    )
