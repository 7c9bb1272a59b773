"""Edits of the example dossier that break a rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Edit = Callable[[dict[str, Any]], object]

POINTS = "monitoring/measuring_points"
TROUBLE = "instructions/troubleshooting"
RESTORE = "instructions/restore"
RELEASE = "instructions/changes/release"
OFFICE = "agreement/service_hours/office"
AVAILABILITY = "agreement/availability"
PATCHES = "routines/maintenance/patches"
BLOCKS = "reports/monthly/blocks"


def both(*edits: Edit) -> Edit:
    def edit(data: dict[str, Any]) -> None:
        for one in edits:
            one(data)

    return edit


def copy_hours(data: dict[str, Any]) -> None:
    hours = data["agreement"]["service_hours"]
    hours["shop"] = hours["office"]
