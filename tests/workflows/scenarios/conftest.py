"""What the scenarios share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from tests.workflows.scenarios.scene import Scene
from tests.workflows.world import World


@pytest.fixture
def given(skipping: WorkflowEnvironment) -> Callable[..., Scene]:
    """A scene in a world that differs from the usual as told."""

    def scene(**world: Any) -> Scene:
        usual = {"down": {"mail"}, "cures": False, "now": skipping.get_current_time}
        return Scene(skipping, World(**(usual | world)))

    return scene
