"""What computing a sealed report again depends on."""

from __future__ import annotations

from activities.records import Records
from activities.report.comparing import changed_figures
from activities.report.verifying import recomputed
from models.report_order import SealedReport
from tests.report.november import NOW, SINCE, facts, history_of, incident, keep_dossier, met, records, shop

__all__ = ["records"]


def test_a_later_version_of_the_dossier_changes_no_figure_of_a_sealed_report(records: Records) -> None:
    agreed = shop(["incidents"])
    keep_dossier(records, agreed)
    incident(records, 1, met(SINCE, minutes=5), agreed)
    sealed = facts(records, "2026-11").model_dump(mode="json")
    report = SealedReport.model_construct(application="acme.shop", report="monthly", period="2026-11")

    keep_dossier(records, shop(["summary"]), NOW)

    assert changed_figures(sealed, facts(records, "2026-11").model_dump(mode="json")) != []
    assert recomputed(records, history_of(records, NOW), report, sealed) == []
