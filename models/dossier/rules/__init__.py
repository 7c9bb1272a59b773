"""Rules: what must hold in a dossier beyond the form of its fields, and what each undertaking asks for."""

from models.dossier.rules import (
    approvals,
    architecture,
    cycles,
    documentation,
    forms,
    hours,
    incidents,
    ladders,
    maintenance,
    measuring,
    people,
    references,
    restores,
    steps,
    work,
)
from models.dossier.rules.registry import RULES, Rule, RuleFinding

__all__ = [
    "RULES",
    "Rule",
    "RuleFinding",
    "approvals",
    "architecture",
    "cycles",
    "documentation",
    "forms",
    "hours",
    "incidents",
    "ladders",
    "maintenance",
    "measuring",
    "people",
    "references",
    "restores",
    "steps",
    "work",
]
