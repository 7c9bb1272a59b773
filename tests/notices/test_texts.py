"""Every occasion in every language: complete, in its receiver's words, and nothing internal outside the house."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files

import pytest

from activities.notices.hours import open_hours
from activities.notices.recipients import Recipient, recipients
from activities.notices.texts import SUBJECT_LIMIT, NoticeSubject, moment, notice_text, span
from models.dossier.agreement import CauseCode, Priority
from models.dossier.parties import Language
from models.notices import Audience, Facts, Occasion
from tests.notices.dossiers import NIGHT, NOON, POLICY, dossier, facts, notice

FULL = facts(
    text="Vi väntar på leverantören.\nMer om en timme.",
    by="ann@us.example",
    reference="T-4711",
    deadline=NOON + timedelta(hours=1),
    percent=75,
    target="restore",
    cause=CauseCode.HARDWARE.value,
)
BARE = Facts(title="x", opened_at=NIGHT)
INTERNAL = ["web1", "taking the remedy", "driftvakt", "ui.example", "namespaces", "ann@us.example", "front-page"]


def subject(occasion: Occasion, of: Facts = FULL, priority: Priority | None = Priority.P1) -> NoticeSubject:
    order = notice(occasion, facts=of, priority=priority)
    found = recipients(dossier(), Audience(level=1), Priority.P1, NOON, open_hours(dossier()))
    return NoticeSubject(dossier(escalation={"P1": POLICY}), order, found.level, "http://ui.example")


def receiver(language: Language, contact: str) -> Recipient:
    [person] = recipients(dossier(), Audience(contacts=[contact]), None, NOON, open_hours(dossier())).people
    return replace(person, language=language)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("occasion", Occasion)
@pytest.mark.parametrize("of", [FULL, BARE], ids=["full", "bare"])
@pytest.mark.parametrize("contact", ["ann", "karin"], ids=["inside", "outside"])
def test_an_occasion_is_written_in_a_language(occasion: Occasion, language: Language, of: Facts, contact: str) -> None:
    written = notice_text(subject(occasion, of, Priority.P1 if of is FULL else None), receiver(language, contact))

    assert written.subject == written.subject.strip()
    assert 0 < len(written.subject) <= SUBJECT_LIMIT
    assert "\n" not in written.subject
    assert written.short.strip()
    assert "\n\n\n" not in written.text
    assert "  ," not in written.text
    assert "None" not in written.subject + written.text + written.short
    assert "{{" not in written.text
    whole = written.subject + written.text + written.short
    if contact == "karin":
        assert [word for word in INTERNAL if word in whole.replace("ann@us.example", "")] == []
    if contact == "karin" and not occasion.customer_facing:
        assert "Vi väntar" not in whole, "what was written for colleagues"


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("occasion", [o for o in Occasion if o.customer_facing])
def test_a_notice_to_a_customer_is_the_same_for_every_colleague(occasion: Occasion, language: Language) -> None:
    assert notice_text(subject(occasion), receiver(language, "ann")) == notice_text(
        subject(occasion), receiver(language, "karin")
    )


@pytest.mark.parametrize("occasion", [o for o in Occasion if not o.customer_facing and o is not Occasion.TEST])
def test_colleagues_get_the_link_and_what_to_type(occasion: Occasion) -> None:
    text = notice_text(subject(occasion), receiver(Language.ENGLISH, "ann")).text

    assert "http://ui.example/namespaces/default/workflows/inc.acme.shop.17" in text
    assert "driftvakt " in text
    assert "acme.shop.17" in text
    assert "Vi väntar på leverantören.\nMer om en timme." in text


def test_there_is_one_template_for_each_occasion_and_language_and_no_other() -> None:
    found = {
        path.name.removesuffix(".jinja")
        for path in (files("activities.notices") / "templates").iterdir()
        if not path.name.startswith("_")
    }
    assert found == {f"{occasion.value}.{language.value}" for occasion in Occasion for language in Language}


def test_an_alert_at_three_in_the_morning_reads_well() -> None:
    written = notice_text(subject(Occasion.ALERT), receiver(Language.SWEDISH, "ann"))

    assert written.subject == "P1 acme.shop.17: front-page is down on web1"
    assert written.text == (
        """front-page is down on web1

Applikation: Shop
Berör: Webb och Betalningar
Prioritet: P1
Sedan: 17 juni 2026 kl. 03.00 (Europe/Stockholm)

Nu: taking the remedy restart

Vi väntar på leverantören.
Mer om en timme.

Du kontaktas på eskaleringsnivå 1 av 3. Om ingen kvitterar inom 10 minuter kontaktas nästa nivå.

Kvittera:
  driftvakt incident ack acme.shop.17
eller med uppdateringen "acknowledge" här:
  http://ui.example/namespaces/default/workflows/inc.acme.shop.17
"""
    )


def test_a_customer_reads_of_an_update_only_what_was_written_for_them() -> None:
    written = notice_text(subject(Occasion.UPDATE), receiver(Language.ENGLISH, "karin"))

    assert written.subject == "Shop: status update (acme.shop.17)"
    assert written.text == (
        """Vi väntar på leverantören.
Mer om en timme.

Affected: Webb and Betalningar
Since: 17 June 2026 at 03:00 (Europe/Stockholm)

You will hear from us again by 17 June 2026 at 13:00 (Europe/Stockholm).

Questions: Driftbolaget, +46 70 111
Our reference: acme.shop.17

Driftbolaget
"""
    )


def test_a_customer_on_the_policy_is_asked_to_call() -> None:
    written = notice_text(subject(Occasion.ALERT), receiver(Language.SWEDISH, "karin"))

    assert "Ring Driftbolaget, +46 70 111 och säg att du har sett detta." in written.text
    assert written.short == "P1 acme.shop.17: Webb och Betalningar. Ring Driftbolaget, +46 70 111"


@pytest.mark.parametrize(
    "evil", ["a\r\nBcc: x@y.example", "a\x00b\x1b[31mc", "å" * 10_000, "\u2028line\u2029", "{{ 7*7 }}"]
)
@pytest.mark.parametrize("occasion", Occasion)
def test_nothing_that_others_wrote_breaks_out_of_its_place(occasion: Occasion, evil: str) -> None:
    of = FULL.model_copy(
        update={
            "title": evil,
            "state": evil,
            "reference": evil,
            "components": [evil],
            "by": evil,
            "cause": evil,
            "target": evil,
        }
    )
    written = notice_text(subject(occasion, of), receiver(Language.ENGLISH, "ann"))

    assert len(written.subject) <= SUBJECT_LIMIT
    assert written.subject.isprintable()
    assert all(c == "\n" or c.isprintable() for c in written.text)
    assert "\nBcc:" not in written.text
    assert "49" not in written.subject


MOMENTS = [
    (
        datetime(2026, 6, 20, 22, 5, tzinfo=UTC),
        "Europe/Stockholm",
        Language.ENGLISH,
        "21 June 2026 at 00:05 (Europe/Stockholm)",
    ),
    (
        datetime(2026, 12, 20, 22, 5, tzinfo=UTC),
        "Europe/Stockholm",
        Language.SWEDISH,
        "20 december 2026 kl. 23.05 (Europe/Stockholm)",
    ),
    (datetime(2026, 3, 1, 0, 0, tzinfo=UTC), "UTC", Language.ENGLISH, "1 March 2026 at 00:00 (UTC)"),
]


@pytest.mark.parametrize(("at", "zone", "language", "said"), MOMENTS)
def test_a_moment_is_written_in_the_receivers_time_zone_with_its_name(
    at: datetime, zone: str, language: Language, said: str
) -> None:
    assert moment(at, zone, language) == said


def test_spans_are_written_in_words() -> None:
    said = [span(s, Language.ENGLISH) for s in (600, 60, 5400, 90_000, 0)]
    assert said == ["10 minutes", "1 minute", "1 hour 30 minutes", "1 day 1 hour", "0 seconds"]
    assert span(5400, Language.SWEDISH) == "1 timme 30 minuter"
