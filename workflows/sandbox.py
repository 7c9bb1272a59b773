"""The one sandbox configuration, used by the worker, the tests and the replayer alike."""

from __future__ import annotations

from temporalio.worker.workflow_sandbox import SandboxRestrictions

from workflows.ordering import OrderedRunner


def workflow_runner() -> OrderedRunner:
    """Make the runner: our messages, stubs and what workflows share pass through: loaded once, and not once a workflow.

    Only the modules that define workflows are loaded for each of them. The others would cost every open incident 150 KB and
    a third of its worker's time; that they are deterministic is held by the tests that replay at every step.
    """
    return OrderedRunner(
        restrictions=SandboxRestrictions.default.with_passthrough_modules(
            "pydantic",
            "pydantic_core",
            "annotated_types",
            "models",
            "activities.stubs",
            "workflows.alarm_desk",
            "workflows.case",
            "workflows.clocks",
            "workflows.customer",
            "workflows.dependencies",
            "workflows.discipline",
            "workflows.drafts",
            "workflows.gates",
            "workflows.handing_over",
            "workflows.healing",
            "workflows.host_work",
            "workflows.incident_book",
            "workflows.incident_page",
            "workflows.ladder",
            "workflows.leading",
            "workflows.looking",
            "workflows.notices",
            "workflows.outcomes",
            "workflows.placing",
            "workflows.policies",
            "workflows.restoring.adapter",
            "workflows.restoring.choosing",
            "workflows.restoring.commands",
            "workflows.restoring.directories",
            "workflows.restoring.files",
            "workflows.restoring.own",
            "workflows.restoring.postgresql_base",
            "workflows.restoring.postgresql_dump",
            "workflows.restoring.restic",
            "workflows.rolling",
            "workflows.steps",
            "workflows.text",
            "workflows.waiting",
            "workflows.watch_memory",
            "workflows.watch_orders",
            "workflows.watch_page",
            "workflows.wording",
        )
    )
