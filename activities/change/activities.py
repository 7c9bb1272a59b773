"""The survey of a change: its routine, its approvals, and the parts around the components that it acts on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from temporalio import activity

from activities.calendars.freezes import freezes_of
from activities.records import Records
from activities.records.people import identify
from models.change import ChangeNumber, ChangeSurvey, FlowBrief, IntegrationBrief, NumberChange, SurveyChange
from models.dossier import Dossier
from models.dossier.architecture import Integration
from models.dossier.instructions import Change, ChangeRoutine
from models.dossier.parties import PartyKind
from models.errors import NotFoundError
from models.records import TakeTokens


class Changes:
    """Surveys changes; `runbooks`: the digest of every runbook's source, by name."""

    def __init__(self, records: Records, runbooks: Mapping[str, str]) -> None:
        self._records = records
        self._runbooks = dict(runbooks)

    def activities(self) -> list[Callable[..., Any]]:
        """Return all activities, for the worker."""
        return [self.survey_change, self.number_change]

    @activity.defn
    def survey_change(self, request: SurveyChange) -> ChangeSurvey:
        """Return the parts of one version of a dossier that concern a change."""
        dossier = self._records.dossier(request.dossier) if request.dossier else self._published(request.application)
        return survey(dossier, request, self._runbooks)

    @activity.defn
    def number_change(self, request: NumberChange) -> ChangeNumber:
        """Return the next change number of an application; raise `NotFoundError` if the application or the routine is
        unknown.
        """
        if request.routine is not None:
            _routine(self._published(request.application), request.routine)
        if request.by:
            identify(self._records, request.by, [request.application])
        return ChangeNumber(number=next_number(self._records, request))

    def _published(self, application: str) -> Dossier:
        dossier = self._records.current_dossier(application)
        if dossier is None:
            raise NotFoundError(f"no dossier of {application} is published; publish one first")
        return dossier


def next_number(records: Records, request: NumberChange) -> int:
    """Return the next change number, for callers that are no workflow."""
    counter = f"changes of {request.application}"
    return records.take_tokens(TakeTokens(key=request.key, components=[counter], counted=True)).tokens[counter]


def survey(dossier: Dossier, request: SurveyChange, runbooks: Mapping[str, str]) -> ChangeSurvey:
    """Return the survey of a change from a dossier; pure."""
    routine = _routine(dossier, request.routine)
    parts = dossier.architecture
    return ChangeSurvey(
        dossier=dossier.digest,
        change=_without_agreement(routine),
        standard=routine is not None and routine.standard,
        approvals=routine.approvals if routine else None,
        terms=dossier.agreement.changes,
        supplier=_holders(dossier, PartyKind.SUPPLIER),
        customer=_holders(dossier, PartyKind.CUSTOMER),
        flows=[FlowBrief(name=f.name, through=list(f.through), impact=f.impact) for f in parts.flows.values()],
        integrations=[_integration(dossier, name, i) for name, i in parts.integrations.items()],
        freezes=freezes_of(dossier.agreement),
        runbooks=dict(runbooks),
    )


def _routine(dossier: Dossier, name: str | None) -> ChangeRoutine | None:
    if name is None:
        return None
    try:
        return dossier.instructions.changes[name]
    except KeyError:
        known = ", ".join(dossier.instructions.changes) or "none"
        raise NotFoundError(f"{dossier.id} has no routine {name!r} for changes; it has {known}") from None


def _without_agreement(routine: ChangeRoutine | None) -> Change | None:
    """Return the steps of a routine without the terms of its approval."""
    return routine and Change.model_validate({name: getattr(routine, name) for name in Change.model_fields})


def _holders(dossier: Dossier, kind: PartyKind) -> dict[str, list[str]]:
    roles = {role for contact in dossier.contacts.values() for role in contact.roles}
    held = {role: dossier.people_of(kind, [role]) for role in sorted(roles)}
    return {role: people for role, people in held.items() if people}


def _integration(dossier: Dossier, name: str, between: Integration) -> IntegrationBrief:
    components, contact = dossier.architecture.components, dossier.contacts.get(between.contact or "")
    ends = [between.source, between.target]
    operators = [components[end].operated_by or "" if end in components else end for end in ends]
    others = [dossier.parties[p] for p in operators if p in dossier.parties]
    names = [party.name for party in others if party.kind is not PartyKind.SUPPLIER]
    return IntegrationBrief(
        name=name,
        source=between.source,
        target=between.target,
        carries=between.carries,
        party=", ".join(dict.fromkeys(names)),
        contact=contact.name if contact else "",
    )
