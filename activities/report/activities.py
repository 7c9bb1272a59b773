"""The activities of reports. Those that compute for long run on threads of their own and heartbeat meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

from temporalio import activity

from activities.history.store import HistoryStore
from activities.records import Records
from activities.report.archive import Archive
from activities.report.drafting import draft
from activities.report.ids import place
from activities.report.rendering import folder_of, render
from activities.report.sealed import load_latest
from activities.report.terms import survey
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

_T = TypeVar("_T")

_AT_ONCE: Final = 2
"""Reports that are computed at the same time: more would keep the worker from its other work."""

_PULSE: Final = 1.0
"""Seconds between heartbeats."""


class ReportActivities:
    """Makes, stores and seals reports."""

    def __init__(self, records: Records, home: Path) -> None:
        """`home`: the home of the installation, below which previews are written."""
        self._records = records
        self._home = home
        self._archive = Archive(records.database)
        self._history = HistoryStore(records.database, records.dossier)
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="reports")

    def activities(self) -> list[Callable[..., Any]]:
        """Return all activities, for the worker."""
        return [
            self.place_report,
            self.survey_report,
            self.gather_facts,
            self.render_report,
            self.seal_report,
            self.load_sealed,
        ]

    def close(self) -> None:
        """Accept no more work; what is being computed continues."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    @activity.defn
    def place_report(self, request: PlaceReport) -> PlacedReport:
        """Return the workflow of a report for a period."""
        return place(self._records, self._archive, request)

    @activity.defn
    def survey_report(self, request: SurveyReport) -> ReportSurvey:
        """Return the terms of a report, or the reasons why it cannot be made."""
        return survey(self._records, self._archive, request)

    @activity.defn
    async def gather_facts(self, request: GatherFacts) -> GatheredFacts:
        """Gather the facts of a report, and store them as a draft."""
        return await self._beside(lambda: draft(self._records, self._history, self._archive, request))

    @activity.defn
    async def render_report(self, request: RenderReport) -> RenderedReport:
        """Make the files of a report, and write them as a preview below the home."""
        return await self._beside(lambda: render(self._archive, self._home, request, datetime.now(UTC)))

    @activity.defn
    def seal_report(self, request: SealReport) -> ReportSealed:
        """Seal a report that was sent; the same request returns the same seal."""
        sealed = self._archive.seal(request)
        folder = folder_of(request.application, request.report, request.period, request.version)
        return ReportSealed(seal=sealed.seal, version=sealed.version, folder=folder)

    @activity.defn
    def load_sealed(self, request: LoadSealed) -> LoadedSealed:
        """Return the latest sealed version of a report, with the files that its receivers get."""
        return load_latest(self._archive, request)

    async def _beside(self, work: Callable[[], _T]) -> _T:
        """Run blocking work on a thread, and heartbeat until it ends."""
        running = asyncio.get_running_loop().run_in_executor(self._threads, work)
        while not (await asyncio.wait({running}, timeout=_PULSE))[0]:
            activity.heartbeat()
        return running.result()
