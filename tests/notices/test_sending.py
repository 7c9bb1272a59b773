"""A notice is sent once, and what cannot be delivered is told, over real servers."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import pytest
from temporalio.testing import ActivityEnvironment

from activities.notices.activities import NoticeActivities
from activities.notices.channels import Channels
from activities.records import Records
from models.errors import KeyReusedError
from models.notices import Audience, DeliveryState, NoticeReceipt, Occasion
from tests.notices.conftest import QUICK, Sender
from tests.notices.dossiers import dossier, facts, notice
from tests.notices.servers import Mailbox, Webhook, mail_server, mute_server
from tests.ports import free_port


def states(receipt: NoticeReceipt) -> list[DeliveryState]:
    return [delivery.state for delivery in receipt.deliveries]


def test_a_mail_reaches_its_receiver_in_their_language(sender: Sender) -> None:
    with mail_server(Mailbox()) as mailbox:
        receipt = sender(email=mailbox.url()).send(notice())

    assert states(receipt) == [DeliveryState.SENT]
    assert mailbox.subjects() == ["P1 acme.shop.17: front-page is down on web1"]
    [message] = mailbox.messages
    assert (message["To"], message["From"]) == ("ann@us.example", "Drift <drift@us.example>")
    assert "Sedan: 17 juni 2026 kl. 03.00 (Europe/Stockholm)" in mailbox.text()
    assert "driftvakt incident ack acme.shop.17" in mailbox.text()
    assert "http://ui.example/namespaces/default/workflows/inc.acme.shop.17" in mailbox.text()
    assert receipt.text == mailbox.text().replace("\r\n", "\n").strip() + "\n"


def test_the_same_key_is_sent_once(both: Records, sender: Sender) -> None:
    with mail_server(Mailbox()) as mailbox:
        activities = sender(both, email=mailbox.url())
        first = activities.send(notice())
        again = activities.send(notice())

    assert first == again
    assert len(mailbox.messages) == 1


def test_a_key_that_comes_with_another_notice_is_refused_and_never_reported_as_sent(
    both: Records, sender: Sender
) -> None:
    with mail_server(Mailbox()) as mailbox:
        activities = sender(both, email=mailbox.url())
        first = activities.send(notice())
        for other in (notice(audience=Audience(contacts=["bo"])), notice(occasion=Occasion.REMINDER)):
            assert other.key == first.key
            with pytest.raises(KeyReusedError, match="was used for another request"):
                activities.send(other)
        assert activities.send(notice()) == first

    assert len(mailbox.messages) == 1


def test_attempts_beside_each_other_send_once(both: Records, sender: Sender) -> None:
    with mail_server(Mailbox()) as mailbox:
        activities = sender(both, email=mailbox.url())
        receipts: list[NoticeReceipt] = []
        threads = [threading.Thread(target=lambda: receipts.append(activities.send(notice()))) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert len(mailbox.messages) == 1
    assert len({receipt.model_dump_json() for receipt in receipts}) == 1


def test_notices_stand_in_the_records_with_their_deliveries(both: Records, sender: Sender) -> None:
    with mail_server(Mailbox()) as mailbox:
        activities = sender(both, email=mailbox.url())
        activities.send(notice(key="k/1"))
        activities.send(notice(key="k/2", audience=Audience(contacts=["karin", "cia"]), occasion=Occasion.OPENED))

    first, second = activities.notices_of("inc.acme.shop.17")
    assert (first.key, first.subject, first.language.value) == (
        "k/1",
        "P1 acme.shop.17: front-page is down on web1",
        "sv",
    )
    assert [(d.to, d.email, d.channel, d.state) for d in second.deliveries] == [
        ("Karin Holm", "karin@acme.example", "email", DeliveryState.SENT),
        ("Cia Berg", "", "chat", DeliveryState.NO_CHANNEL),
    ]
    assert second.finished
    assert activities.notices_of("inc.acme.shop.18") == []


def test_receivers_of_several_languages_get_each_their_own(sender: Sender) -> None:
    with mail_server(Mailbox()) as mailbox:
        receipt = sender(email=mailbox.url()).send(notice(audience=Audience(contacts=["ann", "bo"])))

    assert states(receipt) == [DeliveryState.SENT] * 2
    by_receiver = {str(m["To"]): mailbox.text(number) for number, m in enumerate(mailbox.messages)}
    assert "Prioritet: P1" in by_receiver["ann@us.example"]
    assert "Priority: P1" in by_receiver["bo@us.example"]


def test_a_greylisting_server_is_tried_again(sender: Sender) -> None:
    with mail_server(Mailbox(greylist=1)) as mailbox:
        receipt = sender(email=mailbox.url()).send(notice())

    assert states(receipt) == [DeliveryState.SENT]
    assert len(mailbox.messages) == 1


def test_a_refusal_of_a_server_is_reported_and_not_retried(sender: Sender) -> None:
    with mail_server(Mailbox(refuse=True)) as mailbox:
        receipt = sender(email=mailbox.url()).send(notice())

    assert states(receipt) == [DeliveryState.FAILED]
    assert receipt.deliveries[0].detail == "the mail server says 550 5.1.1 no such user here"
    assert not receipt.reached


def test_a_server_that_is_not_there_is_tried_and_told(sender: Sender) -> None:
    mailbox = Mailbox()
    mailbox.port = free_port()

    receipt = sender(email=mailbox.url()).send(notice())

    assert states(receipt) == [DeliveryState.FAILED]
    assert receipt.deliveries[0].detail == "the channel was not reached: the connection was refused (tried 3 times)"


def test_a_server_that_never_greets_has_not_got_it(sender: Sender) -> None:
    with mute_server() as port:
        mailbox = Mailbox()
        mailbox.port = port
        receipt = sender(email=mailbox.url(), timeout=0.2).send(notice())

    assert states(receipt) == [DeliveryState.FAILED]
    assert "it did not answer in time (tried 3 times)" in receipt.deliveries[0].detail


def test_a_server_that_goes_silent_after_the_text_may_have_got_it_so_it_is_not_sent_again(sender: Sender) -> None:
    with mail_server(Mailbox(silent=True)) as mailbox:
        receipt = sender(email=mailbox.url(), timeout=0.3).send(notice())

    assert states(receipt) == [DeliveryState.UNCERTAIN]
    assert len(mailbox.messages) == 1
    assert not receipt.reached


def test_one_channel_that_hangs_keeps_nobody_else_waiting_beyond_the_deadline(records: Records, tmp_path: Path) -> None:
    with mail_server(Mailbox()) as mailbox, mute_server() as mute:
        (tmp_path / "mail").write_text(mailbox.url())
        (tmp_path / "sms").write_text(f"json://127.0.0.1:{mute}/x")
        policy = {"P1": [{"contacts": ["ann", "bo"], "channel": "email", "acknowledge_within": "1m"}]}
        records.publish_dossier(dossier({"bo": {"chat": f"file:{tmp_path / 'sms'}", "email": None}}, policy), "ann")
        tuning = QUICK.__class__(pauses=(), deadline=6, pulse=0.05)
        channels = Channels({"email": f"file:{tmp_path / 'mail'}"}, tmp_path, timeout=60)
        activities = NoticeActivities(records, channels, "", tuning)

        receipt = activities.send(notice(audience=Audience(contacts=["ann", "bo"])))

    assert states(receipt) == [DeliveryState.SENT, DeliveryState.UNCERTAIN]
    assert "by the deadline" in receipt.deliveries[1].detail


def test_a_webhook_gets_it_with_a_header_by_which_a_repeat_is_known(sender: Sender) -> None:
    with Webhook(503).serving() as webhook:
        activities = sender(cia=webhook.url)
        receipt = activities.send(notice(audience=Audience(contacts=["cia"])))

    assert states(receipt) == [DeliveryState.SENT]
    [body] = webhook.bodies
    assert body["title"] == "P1 acme.shop.17: front-page is down on web1"
    assert "driftvakt incident ack acme.shop.17" in body["message"]
    assert len(webhook.headers[0]["X-Driftvakt-Notice"]) == 32


def test_a_title_in_a_chat_calls_nobody(sender: Sender) -> None:
    with Webhook().serving() as webhook:
        order = notice(audience=Audience(contacts=["cia"]), facts=facts(title="<!here> @channel is down"))
        sender(cia=webhook.url).send(order)

    [body] = webhook.bodies
    assert body["title"].replace("\u2060", "") == "P1 acme.shop.17: <!here> @channel is down"
    assert "<!here>" not in body["title"] + body["message"]
    assert "@channel" not in body["title"] + body["message"]


def test_an_sms_gets_a_line_and_the_bare_number(sender: Sender) -> None:
    with Webhook().serving() as webhook:
        activities = sender(sms=webhook.url.replace("http:", "json:") + "?:number={to}")
        receipt = activities.send(notice(audience=Audience(contacts=["ann"], channel="sms")))

    assert states(receipt) == [DeliveryState.SENT]
    assert webhook.bodies[0]["message"] == (
        "P1 acme.shop.17: front-page is down on web1. Kvittera: driftvakt incident ack acme.shop.17"
    )
    assert webhook.bodies[0]["number"] == "+4670111"


UNCONFIGURED = [
    (["ann"], "email", "the channel email is not configured; give it an address in the setting notice_channels"),
    (["ann"], "phone", "the channel phone is not configured"),
    (["cia"], "sms", "Cia Berg has no phone; add `phone` to the contact cia"),
    (["ann"], "chat", "Ann Ek has no chat; add `chat: file:PATH` to the contact ann"),
    (["cia"], "chat", "keys/cia: cannot be read where the worker runs"),
    (["eve@evil.example"], None, "eve@evil.example is not a contact in the dossier"),
]


@pytest.mark.parametrize(("contacts", "channel", "why"), UNCONFIGURED)
def test_a_missing_setting_is_reported_with_the_fix(
    sender: Sender, contacts: list[str], channel: str | None, why: str
) -> None:
    receipt = sender().send(notice(audience=Audience(contacts=contacts, channel=channel)))

    assert states(receipt) == [DeliveryState.NO_CHANNEL]
    assert why in receipt.deliveries[0].detail


def test_without_a_dossier_nobody_is_written_to_and_nothing_is_raised(sender: Sender) -> None:
    receipt = sender().send(notice(application="acme.other"))

    assert receipt.deliveries == []
    assert receipt.notes == ["no dossier of acme.other is published, so the notice has no receiver"]


def test_past_the_last_level_there_is_none(sender: Sender) -> None:
    receipt = sender().send(notice(audience=Audience(level=9)))

    assert receipt.level is None
    assert receipt.deliveries == []


SECRETS = [
    "mailto://us:c4nary-pass@127.0.0.1:{port}?from=drift@us.example&to={{to}}&mode=insecure&smtp=127.0.0.1",
    "json://user:c4nary-pass@127.0.0.1:{port}/c4nary-path/?-token=c4nary-token",
    "slack://c4nary-token-of-nobody",
    "c4nary: this is no URL at all",
]


@pytest.mark.parametrize("url", SECRETS)
def test_no_secret_of_a_channel_is_in_the_receipt_the_records_or_the_log(
    sender: Sender, records: Records, tmp_path: Path, caplog: pytest.LogCaptureFixture, url: str
) -> None:
    caplog.set_level(logging.DEBUG)

    activities = sender(email=url.format(port=free_port()))
    receipt = activities.send(notice())

    assert states(receipt) == [DeliveryState.FAILED]
    records.close()
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("records.db*"))
    assert b"acme.shop.17" in kept
    assert b"c4nary" not in kept
    assert "c4nary" not in receipt.model_dump_json() + caplog.text


async def test_it_heartbeats_while_a_channel_is_slow(sender: Sender) -> None:
    beats = 0

    def count(*_: object) -> None:
        nonlocal beats
        beats += 1

    environment = ActivityEnvironment()
    environment.on_heartbeat = count
    with mute_server() as port:
        mailbox = Mailbox()
        mailbox.port = port
        activities = sender(email=mailbox.url(), timeout=0.2)
        receipt = await environment.run(activities.send_notice, notice())

    assert states(receipt) == [DeliveryState.FAILED]
    assert beats > 3


def test_a_newline_in_a_title_makes_no_header(sender: Sender) -> None:
    evil = "down\r\nBcc: eve@evil.example\r\n\r\nhello"
    with mail_server(Mailbox()) as mailbox:
        sender(email=mailbox.url()).send(notice(facts=facts(title=evil)))

    [message] = mailbox.messages
    assert message["Bcc"] is None
    assert mailbox.subjects() == ["P1 acme.shop.17: down Bcc: eve@evil.example hello"]
