"""Made incidents: web needs app, app needs db and cache; each series is steady until a fault begins."""

from __future__ import annotations

import random
from typing import Any

NEEDS = {"web": ["app"], "app": ["db", "cache"], "mail": ["db"]}
QUIET, INCIDENT = 60, 8


def series(component: str, measure: str, level: float, fault: float = 0.0, **more: Any) -> dict[str, Any]:
    """A series at a level with a little noise; from the incident on it climbs by `fault`."""
    noise = random.Random(f"{component} {measure}")  # the same in every run
    quiet = [level * noise.uniform(0.97, 1.03) for _ in range(QUIET)]
    incident = [level * noise.uniform(0.97, 1.03) + fault * min(1.0, (n + 1) / 4) for n in range(INCIDENT)]
    return {"component": component, "measure": measure, "quiet": quiet, "incident": incident} | more


def measured(*shown: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An incident in which web is slow, with further series."""
    common = {
        "interval_seconds": 60,
        "needs": NEEDS,
        "symptom": {"component": "web", "measure": "latency"},
        "series": [series("web", "latency", 0.1, 0.9), *shown],
    }
    return common | more
