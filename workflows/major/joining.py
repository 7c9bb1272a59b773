"""The checks whether a major incident may take in an incident, and whether a person may lead it; commands use them, too."""

from __future__ import annotations

from collections.abc import Sequence

from models.major import IncidentSnapshot
from models.people import NOBODY
from workflows.major.page import state_of


def why_not(seen: IncidentSnapshot) -> str:
    """Why a major incident cannot take in an incident; empty if it can."""
    name = seen.id.removeprefix("inc.")
    if not seen.known:
        return f"there is no incident {name}"
    if not seen.runs:
        return f"{name} has ended ({state_of(seen)})"
    if seen.major is not None:
        return f"{name} belongs to {seen.major}; remove it there first"
    return ""


def why_not_led_by(who: str, incidents: Sequence[IncidentSnapshot]) -> str:
    """Why a person may not lead these incidents together; empty if they may lead one of them, or if there are none."""
    answered = [seen.leaders for seen in incidents if seen.leaders is not None]
    if not incidents or any(leaders.has(who) for leaders in answered):
        return ""
    if not answered:
        names = ", ".join(seen.id.removeprefix("inc.") for seen in incidents)
        return f"{names} did not answer who may lead it, so {who} may not; try again when a worker runs"
    may = dict.fromkeys(leader for leaders in answered for leader in leaders.names)
    return f"{who} may not lead it; {', '.join(may) or NOBODY} may"
