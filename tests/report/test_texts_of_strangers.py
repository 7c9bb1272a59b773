"""Texts that customers, hosts and attackers write: they stay texts, and customers read no internal names."""

from __future__ import annotations

import re
from typing import Any

import pytest

from activities.documents.markdown import markdown
from activities.documents.page import page
from activities.documents.pdf import pdf
from activities.documents.sanitize import visible
from activities.records import Records
from activities.report.document import report_document
from activities.report.gathering import gather
from activities.report.terms import published
from models.dossier import Dossier
from models.report import Commentary, ReportFacts, facts_json
from models.report_block_kinds import REPORT_BLOCKS
from tests.documents.hostile import HOSTILE
from tests.documents.test_hostile import Seen
from tests.documents.test_pdf import faults
from tests.dossier.written import EXAMPLES, plain_data
from tests.post_incident_report.test_harmless import shape
from tests.report.november import (
    APPLICATION,
    NOW,
    at,
    facts,
    history_of,
    incident,
    keep_dossier,
    met,
    operation,
    records,
    shop,
)

__all__ = ["records"]

EVERY: list[Any] = [{"metrics": {"points": ["db-disk"]}}, *(k for k in REPORT_BLOCKS.names() if k != "metrics")]


def hostile(records: Records, text: str) -> ReportFacts:
    """The report of a month in which this text stands everywhere that somebody may write."""
    data = shop(EVERY).model_dump(mode="json")
    title = text[:200].strip() or "x"
    data["name"] = title
    data["parties"]["acme"]["name"] = title
    data["architecture"]["components"]["web"]["name"] = title
    data["monitoring"]["measuring_points"]["db-disk"]["purpose"] = title
    data["instructions"]["restore"]["database"]["title"] = title
    data["routines"]["maintenance"]["patches"]["title"] = title
    data["routines"]["extended"]["campaign"]["title"] = title
    data["reports"]["monthly"] |= {"title": title, "audience": "internal"}
    dossier = Dossier.model_validate(data)
    keep_dossier(records, dossier)
    long = [(at(3), "opened", {"priority": "P1"}), (at(4), "closed", {})]
    incident(records, 1, met(at(2)), dossier, title=text, summary=text, lead=text)
    incident(records, 2, long, dossier, title=text, summary=text)  # type: ignore[arg-type]
    for kind in ("change", "maintenance", "drill", "routine"):
        given = {"name": {"drill": "database", "maintenance": "patches", "routine": "campaign"}.get(kind, "")}
        operation(records, kind, "1", at(5), at(5, "13:00"), title=text, summary=text, opened_by=text, **given)
    said = Commentary(by=text, at=NOW, text=text)
    return gather(records, history_of(records), published(records, APPLICATION), "monthly", "2026-11", [said], NOW)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_stay_texts_in_every_format(records: Records, text: str) -> None:
    document = report_document(hostile(records, text))

    seen = Seen(page(document))
    assert not {tag for tag, *_ in seen.tags} & {"script", "iframe", "form", "object", "base", "link"}
    assert {name for _, *names in seen.tags for name in names if name.startswith("on")} == set()
    assert visible(" ".join(text.split())) in " ".join(seen.texts)
    shape(markdown(document))
    assert faults(pdf(document)) == []


# --- what customers do not read


def customer_report(records: Records, audience: str) -> str:
    """The facts of a month whose texts name a host, an address, another customer and the people at work."""
    keep_dossier(records, Dossier.model_validate(plain_data(EXAMPLES / "nordvik" / "booking.yaml")))
    dossier = shop(EVERY, audience=audience)
    keep_dossier(records, dossier)
    text = "web1 (192.0.2.11) is down, as at Nordvik"
    incident(
        records,
        1,
        met(at(2)),
        dossier,
        title=text,
        summary="systemctl restart nginx on app1",
        lead="maja@driftbolaget.example",
    )
    operation(
        records,
        "change",
        "1",
        at(5),
        at(6),
        title="Update db1",
        summary="Changed 192.0.2.31",
        opened_by="maja@driftbolaget.example",
    )
    operation(
        records,
        "maintenance",
        "1",
        at(5),
        at(6),
        name="patches",
        summary="Done on web2 and app1",
        data={"routine": "patches"},
    )
    return facts_json(facts(records))


INTERNAL = [
    *("web1", "web2", "app1", "db1", "192.0.2.11", "192.0.2.31"),
    *("systemctl", "maja@driftbolaget.example", "Nordvik", "nordvik"),
]


def named(content: str) -> list[str]:
    """The internal names in the facts, as whole words: a digest may contain the letters of one."""
    return [name for name in INTERNAL if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", content)]


def test_a_report_for_the_customer_names_no_host_no_address_no_person_at_work_and_no_other_customer(
    records: Records,
) -> None:
    content = customer_report(records, "customer")

    assert named(content) == []
    assert "[…] ([…]) is down, as at […]" in content


def test_an_internal_report_names_them(records: Records) -> None:
    content = customer_report(records, "internal")

    assert set(named(content)) == set(INTERNAL) - {"nordvik", "web2"}
