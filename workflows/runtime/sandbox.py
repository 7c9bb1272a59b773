"""The one sandbox configuration, used by the worker, the tests and the replayer alike."""

from __future__ import annotations

from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from models.extensions import load_all
from workflows.runtime.found import shared_modules


def workflow_runner() -> SandboxedWorkflowRunner:
    """Make the runner. Modules that define no workflow are loaded once, and not once for each workflow.

    Loading them for each workflow would cost every open incident 150 KB and a third of its worker's time. Tests that replay at
    every step prove that these modules are deterministic.
    """
    load_all()  # loads the packages of others while files can be read: inside the sandbox they cannot
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
