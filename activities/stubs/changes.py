"""Looking up what a change is about, and numbering changes; carried out by `activities.change.activities`."""

from __future__ import annotations

from temporalio import activity

from models.change import ChangeNumber, ChangeSurvey, NumberChange, SurveyChange


@activity.defn(name="survey_change")
async def survey_change(request: SurveyChange) -> ChangeSurvey:
    """What one version of a dossier says about a change and what is around it; `NotFoundError` where there is no such routine."""
    raise NotImplementedError


@activity.defn(name="number_change")
async def number_change(request: NumberChange) -> ChangeNumber:
    """The next number of an application's changes; the same key gives the same."""
    raise NotImplementedError
