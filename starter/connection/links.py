"""Addresses of the Temporal UI."""

from __future__ import annotations

from models.names import workflow_path
from models.settings import Settings


def workflow_url(workflow_id: str, settings: Settings) -> str:
    """Return the address of a workflow in the UI."""
    return f"{settings.ui_url}{workflow_path(settings.temporal_namespace, workflow_id)}"
