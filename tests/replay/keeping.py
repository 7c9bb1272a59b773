"""Where the histories of this release are kept."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

from temporalio.client import WorkflowHandle

DIRECTORY = Path(__file__).parent / version("driftvakt")


async def keep(handle: WorkflowHandle[Any, Any], name: str) -> None:
    """Write a history down."""
    history = await handle.fetch_history()
    DIRECTORY.mkdir(exist_ok=True)
    (DIRECTORY / f"{name}.json").write_text(json.dumps(history.to_json_dict(), indent=1) + "\n")
