"""The activities of reports; implemented in `activities.report.activities`."""

from __future__ import annotations

from temporalio import activity

from models.report_order import (
    GatheredFacts,
    GatherFacts,
    LoadedSealed,
    LoadSealed,
    PlacedReport,
    PlaceReport,
    RenderedReport,
    RenderReport,
    ReportSealed,
    ReportSurvey,
    SealReport,
    SurveyReport,
)


@activity.defn(name="place_report")
async def place_report(request: PlaceReport) -> PlacedReport:
    """Return the workflow of a report for a period: the one that exists already, or the id of the next one."""
    raise NotImplementedError


@activity.defn(name="survey_report")
async def survey_report(request: SurveyReport) -> ReportSurvey:
    """Return the terms of a report in one version of a dossier, or the reasons why it cannot be made."""
    raise NotImplementedError


@activity.defn(name="gather_facts")
async def gather_facts(request: GatherFacts) -> GatheredFacts:
    """Gather the facts of a report into the records; heartbeats. The answer has the digest of the facts."""
    raise NotImplementedError


@activity.defn(name="render_report")
async def render_report(request: RenderReport) -> RenderedReport:
    """Make the files of a report into the records, and write a preview; heartbeats. The same facts have the same files."""
    raise NotImplementedError


@activity.defn(name="seal_report")
async def seal_report(request: SealReport) -> ReportSealed:
    """Seal a report that was sent; the same request returns the same seal."""
    raise NotImplementedError


@activity.defn(name="load_sealed")
async def load_sealed(request: LoadSealed) -> LoadedSealed:
    """Return the latest sealed version of a report, with the files that its receivers get."""
    raise NotImplementedError
