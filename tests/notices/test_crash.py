"""A worker that dies in the middle of sending does not make anybody get a notice twice."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from activities.notices.activities import NoticeActivities
from activities.notices.channels import Channels
from activities.notices.recipients import Recipient
from activities.notices.sending import EnclosedDocument, NoticeText, Try, TryOutcome
from activities.records import Records
from models.notices import Audience, DeliveryState
from tests.notices.conftest import QUICK, Sender
from tests.notices.dossiers import notice
from tests.notices.servers import Mailbox, mail_server


def test_a_worker_killed_between_handing_over_and_noting_it_does_not_send_twice(
    sender: Sender, records: Records, tmp_path: Path
) -> None:
    with mail_server(Mailbox(silent=True)) as mailbox:
        (tmp_path / "url").write_text(mailbox.url())
        worker = subprocess.Popen([sys.executable, "-m", "tests.notices.killed_sender", str(tmp_path)])
        try:
            assert mailbox.taken.wait(20)
        finally:
            worker.send_signal(signal.SIGKILL)
            worker.wait()

        [under_way] = sender().notices_of("inc.acme.shop.17")
        receipt = sender(email=mailbox.url()).send(notice())

    assert not under_way.finished
    assert [d.state for d in under_way.deliveries] == [DeliveryState.UNCERTAIN]
    assert len(mailbox.messages) == 1
    assert [d.state for d in receipt.deliveries] == [DeliveryState.UNCERTAIN]
    assert receipt.deliveries[0].detail == "the worker died while it was sending this; it is not sent twice"
    assert not receipt.reached


class Dying(Channels):
    """Takes a text for the first receiver, and for the second ends as a worker does that is torn down."""

    def __init__(self) -> None:
        super().__init__({"email": "env:NONE"}, Path())
        self.sent: list[str] = []
        self.healed = False

    def send(self, to: Recipient, words: NoticeText, identity: str, documents: Sequence[EnclosedDocument] = ()) -> Try:
        """Note the receiver."""
        if to.contact == "bo" and not self.healed:
            raise SystemExit
        self.sent.append(to.contact)
        return Try(TryOutcome.SENT)


def test_the_next_attempt_writes_only_to_whom_nobody_has_begun_to_write(both: Records) -> None:
    channels = Dying()
    activities = NoticeActivities(both, channels, "", QUICK)
    everybody = notice(audience=Audience(contacts=["ann", "bo"]))

    with pytest.raises(SystemExit):
        activities.send(everybody)
    channels.healed = True
    receipt = activities.send(everybody)
    more = activities.send(notice(key="another", audience=Audience(contacts=["bo"])))

    assert [d.state for d in receipt.deliveries] == [DeliveryState.SENT, DeliveryState.UNCERTAIN]
    assert channels.sent == ["ann", "bo"]
    assert more.reached
