"""The survey and the number of a change; implemented in `activities.change.activities`."""

from __future__ import annotations

from temporalio import activity

from models.change import ChangeNumber, ChangeSurvey, NumberChange, SurveyChange


@activity.defn(name="survey_change")
async def survey_change(request: SurveyChange) -> ChangeSurvey:
    """Return the parts of one version of a dossier that concern a change; raise `NotFoundError` if the routine does not
    exist.
    """
    raise NotImplementedError


@activity.defn(name="number_change")
async def number_change(request: NumberChange) -> ChangeNumber:
    """Return the next change number of an application; the same key returns the same number."""
    raise NotImplementedError
