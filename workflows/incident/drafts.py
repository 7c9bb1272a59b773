"""What customers are told of an incident's progress, before a person has found better words."""

from __future__ import annotations

from collections.abc import Sequence

from models.dossier.parties import Language
from models.incident import IncidentState

_STATES = {
    Language.ENGLISH: {
        IncidentState.CONFIRMING: "We are examining the fault.",
        IncidentState.COLLECTING: "We are collecting what is needed to find the cause.",
        IncidentState.DECIDING: "We have examined the fault and are deciding how to put it right.",
        IncidentState.REMEDYING: "A remedy is being carried out.",
        IncidentState.VERIFYING: "A remedy has been carried out, and we are making sure that it holds.",
        IncidentState.CLOSED: "The incident is closed.",
    },
    Language.SWEDISH: {
        IncidentState.CONFIRMING: "Vi undersöker felet.",
        IncidentState.COLLECTING: "Vi samlar in det underlag som behövs för att hitta orsaken.",
        IncidentState.DECIDING: "Vi har undersökt felet och avgör hur det ska åtgärdas.",
        IncidentState.REMEDYING: "En åtgärd genomförs.",
        IncidentState.VERIFYING: "En åtgärd har genomförts och vi kontrollerar att den håller.",
        IncidentState.CLOSED: "Incidenten är avslutad.",
    },
}

_WAITING = {Language.ENGLISH: "We are waiting for {name}.", Language.SWEDISH: "Vi väntar på {name}."}


def draft(state: IncidentState, waiting: str | None, notes: Sequence[str], language: Language) -> str:
    """How it stands, in a sentence or two, with the notes that were written for the customer."""
    progress = _WAITING[language].format(name=waiting) if waiting else _STATES[language][state]
    return "\n\n".join([progress, *notes])[:4000]
