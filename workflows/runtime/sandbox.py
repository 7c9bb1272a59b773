"""The one sandbox configuration, used by the worker, the tests and the replayer alike."""

from __future__ import annotations

from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from workflows.runtime.found import shared_modules


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
            *shared_modules(),
        )
    )
