"""Changes for the tests: the example shop, as one version of its dossier says."""

from __future__ import annotations

from typing import Any

from activities.change.activities import survey
from activities.records.plans import application_plan
from models.change import ChangeOrder, ChangePlan, SurveyChange
from models.dossier import Dossier
from models.dossier.instructions import Change
from models.dossier.load import read_dossier
from tests.dossier.written import EXAMPLES
from workflows.change.plan import plan_change

BY = "on-call@driftbolaget.example"


def shop(**parts: Any) -> Dossier:
    """The example shop; `parts` replace parts of it."""
    dossier = read_dossier(EXAMPLES / "acme" / "shop.yaml")
    return Dossier.model_validate(dossier.model_dump() | parts)


def change(*steps: dict[str, Any], **fields: Any) -> Change:
    """A change of low risk that is written out."""
    return Change.model_validate({"title": "It", "risk": "low", "steps": list(steps), **fields})


def order(**fields: Any) -> ChangeOrder:
    """An order for a change of the shop."""
    return ChangeOrder.model_validate({"application": "acme.shop", "by": BY, **fields})


def planned(ordered: ChangeOrder, dossier: Dossier | None = None, **runbooks: str) -> ChangePlan:
    """What is shown to whoever approves it."""
    known = dossier or shop()
    request = SurveyChange(application=known.id, routine=ordered.routine)
    return plan_change(ordered, application_plan(known), survey(known, request, runbooks))
