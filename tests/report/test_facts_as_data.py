"""The facts of a report as data: canonical, and the same in every process."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from activities.report.periods import period_named
from models.dossier.parties import Language
from models.dossier.reports import ReportAudience, ReportSpan
from models.report import (
    BlockFacts,
    Commentary,
    EvidenceRecord,
    Figure,
    GapReason,
    MissingPart,
    ReportFacts,
    facts_digest,
    facts_json,
)

AT = datetime(2026, 12, 1, 6, 0, 0, 123456, tzinfo=UTC)


def facts(**given: object) -> ReportFacts:
    """The facts of a small report."""
    made = {
        "application": "acme.shop",
        "application_name": "Acme web shop",
        "customer": "Acme Garden AB",
        "supplier": "Driftbolaget AB",
        "report": "monthly",
        "title": "Månadsrapport",
        "period": period_named(ReportSpan.MONTH, "2026-11", "Europe/Stockholm"),
        "language": Language.SWEDISH,
        "audience": ReportAudience.CUSTOMER,
        "gathered_at": AT,
        "dossier": "d" * 64,
        "agreement": "A-100 v1",
        "dossiers": [],
        "versions": {"tzdata": "2026.1", "driftvakt": "0.1.0"},
        "complete_until": {"incidents": AT},
        "missing": [],
        "blocks": [
            BlockFacts(key="incidents", type="incidents", facts={"opened": Figure(value=1, rule="x").model_dump()})
        ],
        "evidence": {
            "inc.acme.shop.2": EvidenceRecord(kind="incident"),
            "inc.acme.shop.1": EvidenceRecord(kind="incident"),
        },
    }
    return ReportFacts.model_validate({**made, **given})


def test_facts_are_read_back_as_they_were_written() -> None:
    written = facts(commentary=[Commentary(by="anna@example.com", at=AT, text='Quiet "month" \u202e ö')])

    again = ReportFacts.model_validate_json(facts_json(written))

    assert again == written
    assert facts_digest(again) == facts_digest(written)


def test_facts_are_canonical_json_with_sorted_keys_and_whole_seconds() -> None:
    text = facts_json(facts())

    assert text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert '"gathered_at":"2026-12-01T06:00:00Z"' in text
    assert '"since":"2026-10-31T23:00:00Z"' in text


def test_the_zone_in_which_a_moment_was_written_does_not_change_the_digest() -> None:
    elsewhere = AT.astimezone(timezone(timedelta(hours=5, minutes=30)))

    assert facts_digest(facts(gathered_at=elsewhere)) == facts_digest(facts())


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (
            MissingPart(source="history", reason=GapReason.LATE, since=AT),
            "history: the data is not complete yet from 2026-12-01 06:00 UTC",
        ),
        (
            MissingPart(source="incidents", reason=GapReason.UNREADABLE, count=2),
            "2 of incidents: this release cannot read the records",
        ),
    ],
)
def test_a_missing_part_is_one_sentence(part: MissingPart, said: str) -> None:
    assert str(part) == said


def test_only_late_sources_may_still_be_completed() -> None:
    late = MissingPart(source="history", reason=GapReason.LATE)
    found = facts(missing=[MissingPart(source="incidents", reason=GapReason.UNREADABLE, count=1), late])

    assert found.late == [late]
