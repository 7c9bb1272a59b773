"""Documents go with a notice where the channel carries them; the text says what is attached and what is not."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from activities.notices.enclosing import enclosing, size_text
from activities.records import Records
from activities.records.documents import Documents
from models.channels import Channel, channel_named
from models.documents import DocumentFile
from models.notices import Audience, DeliveryState, Occasion, SendNotice
from tests.notices.conftest import Sender
from tests.notices.dossiers import facts, notice
from tests.notices.servers import Mailbox, Webhook, mail_server

NOW = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
PDF = b"%PDF-1.7 \x00\xff" * 1000
CSV = b"figure;value\r\nup;99,83\r\n"


def kept(records: Records) -> list[DocumentFile]:
    """A report in two formats, in the records."""
    documents = Documents(records.database)
    return [
        documents.keep("acme.shop-monthly-2026-11.pdf", "application/pdf", PDF, NOW),
        documents.keep("acme.shop-monthly-2026-11.csv", "text/csv", CSV, NOW),
    ]


def report(files: list[DocumentFile], contact: str = "karin", **changes: object) -> SendNotice:
    """The notice with which a report goes to a receiver."""
    return notice(
        Occasion.REPORT,
        incident="report.acme.shop.monthly.2026-11",
        audience=Audience(contacts=[contact], **changes),
        facts=facts(report="Månadsrapport, november 2026"),
        attachments=files,
    )


def file(size: int, name: str = "a.pdf") -> DocumentFile:
    return DocumentFile(name=name, media_type="application/pdf", digest="0" * 64, size=size)


def test_a_mail_carries_the_documents_and_names_them(both: Records, sender: Sender) -> None:
    with mail_server(Mailbox()) as mailbox:
        receipt = sender(both, email=mailbox.url()).send(report(kept(both)))

    assert [d.state for d in receipt.deliveries] == [DeliveryState.SENT]
    assert mailbox.attached() == {
        "acme.shop-monthly-2026-11.pdf": ("application/pdf", PDF),
        "acme.shop-monthly-2026-11.csv": ("text/csv", CSV),
    }
    assert mailbox.subjects() == ["Månadsrapport, november 2026 (Shop)"]
    assert (
        mailbox.text().replace("\r\n", "\n") + "\n"
        == """Det här är rapporten "Månadsrapport, november 2026" om Shop.

Bifogat:
  acme.shop-monthly-2026-11.pdf (11 kB)
  acme.shop-monthly-2026-11.csv (24 B)

Frågor: Driftbolaget, +46 70 111
Vår referens: report.acme.shop.monthly.2026-11

Driftbolaget
"""
    )


def test_a_channel_of_texts_says_where_the_document_is(records: Records, sender: Sender) -> None:
    with Webhook().serving() as webhook:
        receipt = sender(cia=webhook.url).send(report(kept(records), "cia"))

    assert [d.state for d in receipt.deliveries] == [DeliveryState.SENT]
    [body] = webhook.bodies
    assert "Kanalen kan inte bära filer; be oss om det:\n  acme.shop-monthly-2026-11.pdf (11 kB)" in body["message"]
    assert "attachments" not in body or body["attachments"] == []


def test_the_text_names_what_is_too_large(sender: Sender, records: Records) -> None:
    large = Documents(records.database).keep("raw.csv", "text/csv", b"x" * 7_000_001, NOW)
    with mail_server(Mailbox()) as mailbox:
        sender(email=mailbox.url()).send(report([large, *kept(records)]))

    assert list(mailbox.attached()) == ["acme.shop-monthly-2026-11.pdf", "acme.shop-monthly-2026-11.csv"]
    assert "För stort för det här meddelandet; be oss om det:\r\n  raw.csv (7 MB)" in mailbox.text()


def test_a_notice_without_one_of_its_documents_is_not_sent(sender: Sender, records: Records) -> None:
    lost = [*kept(records), file(10, "lost.pdf")]
    with mail_server(Mailbox()) as mailbox:
        receipt = sender(email=mailbox.url()).send(report(lost))

    assert receipt.deliveries == []
    assert receipt.notes == [f"the records have no document with the digest {'0' * 64}"]
    assert mailbox.messages == []


def test_each_receiver_gets_the_documents_once(sender: Sender, records: Records) -> None:
    order = report(kept(records)).model_copy(update={"audience": Audience(contacts=["karin", "oskar"])})
    with mail_server(Mailbox()) as mailbox:
        activities = sender(email=mailbox.url())
        assert activities.send(order) == activities.send(order)

    assert sorted(str(m["To"]) for m in mailbox.messages) == ["karin@acme.example", "oskar@acme.example"]


def test_a_worker_killed_while_it_hands_over_the_documents_does_not_send_them_twice(
    sender: Sender, records: Records, tmp_path: Path
) -> None:
    order = report(kept(records))
    (tmp_path / "order").write_text(order.model_dump_json())
    with mail_server(Mailbox(silent=True)) as mailbox:
        (tmp_path / "url").write_text(mailbox.url())
        worker = subprocess.Popen([sys.executable, "-m", "tests.notices.killed_sender", str(tmp_path)])
        try:
            assert mailbox.taken.wait(60)
        finally:
            worker.send_signal(signal.SIGKILL)
            worker.wait()

        receipt = sender(email=mailbox.url()).send(order)

    assert len(mailbox.messages) == 1
    assert len(mailbox.attached()) == 2
    assert [d.state for d in receipt.deliveries] == [DeliveryState.UNCERTAIN]


def test_what_comes_first_is_attached_as_far_as_there_is_room() -> None:
    files = [file(60, "a.pdf"), file(50, "b.csv"), file(40, "c.xlsx")]

    found = enclosing(files, Channel("carrier", carries=100))

    assert ([f.name for f in found.attached], [f.name for f in found.too_large]) == (["a.pdf", "c.xlsx"], ["b.csv"])
    assert enclosing(files, Channel("text")).not_carried == files
    assert enclosing(files, None).not_carried == files


def test_only_mail_carries_documents_and_leaves_room_for_their_encoding() -> None:
    assert channel_named("email").carries * 4 / 3 < 10_000_000
    assert channel_named("chat").carries == 0


@pytest.mark.parametrize(
    ("count", "says"), [(999, "999 B"), (1000, "1 kB"), (212_400, "212 kB"), (999_600, "1 MB"), (7_200_000, "7 MB")]
)
def test_a_size_is_told_in_round_numbers(count: int, says: str) -> None:
    assert size_text(count) == says
