"""Drafts of customer updates, one for each state of an incident; a person may write a better text."""

from __future__ import annotations

from collections.abc import Sequence

from models.dossier.parties import Language
from models.incident import IncidentState

_STATES = {
    Language.ENGLISH: {
        IncidentState.CONFIRMING: "We are examining the fault.",
        IncidentState.COLLECTING: "We are collecting data to find the cause.",
        IncidentState.DECIDING: "We have examined the fault and are deciding how to correct it.",
        IncidentState.REMEDYING: "A remedy is being carried out.",
        IncidentState.VERIFYING: "A remedy has been carried out, and we are verifying that the service stays healthy.",
        IncidentState.CLOSED: "The incident is closed.",
    },
    Language.SWEDISH: {
        IncidentState.CONFIRMING: "Vi undersöker felet.",
        IncidentState.COLLECTING: "Vi samlar in uppgifter för att hitta orsaken.",
        IncidentState.DECIDING: "Vi har undersökt felet och avgör hur det ska åtgärdas.",
        IncidentState.REMEDYING: "En åtgärd genomförs.",
        IncidentState.VERIFYING: "En åtgärd har genomförts och vi kontrollerar att tjänsten fungerar stabilt.",
        IncidentState.CLOSED: "Incidenten är avslutad.",
    },
}

_WAITING = {Language.ENGLISH: "We are waiting for {name}.", Language.SWEDISH: "Vi väntar på {name}."}


def draft(state: IncidentState, waiting: str | None, notes: Sequence[str], language: Language) -> str:
    """The progress of an incident in one sentence, followed by the notes for the customer; at most 4000 characters."""
    progress = _WAITING[language].format(name=waiting) if waiting else _STATES[language][state]
    return "\n\n".join([progress, *notes])[:4000]
