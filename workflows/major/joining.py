"""What a major incident may hold, and who may lead it; asked before one is opened, too."""

from __future__ import annotations

from collections.abc import Sequence

from models.major import SeenIncident
from models.people import is_among
from workflows.major.page import standing


def why_not(seen: SeenIncident) -> str:
    """Why an incident cannot be taken in; empty where it can."""
    name = seen.id.removeprefix("inc.")
    if not seen.known:
        return f"there is no incident {name}"
    if not seen.runs:
        return f"{name} has ended ({standing(seen)})"
    if seen.major is not None:
        return f"{name} belongs to {seen.major}; take it out there first"
    return ""


def why_not_led_by(who: str, incidents: Sequence[SeenIncident]) -> str:
    """Why somebody may not lead these together; empty where they may lead one of them, or anybody may."""
    if not incidents or any(is_among(who, seen.leaders) for seen in incidents):
        return ""
    may = dict.fromkeys(leader for seen in incidents for leader in seen.leaders)
    return f"{who} may not lead it; {', '.join(may)} may"
