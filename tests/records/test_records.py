"""What is written stays, on both databases, and writing it again changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from activities.records import Records
from models.alarms import AlarmReceipt, Disposition
from models.errors import DossierError, IdUsedError, KeyReusedError, NotFoundError, StoreError
from models.jobs import JobResult, Outcome
from models.records import (
    AlarmRecord,
    EntryKind,
    IncidentRecord,
    OperationRecord,
    TakeTokens,
    TimelineEntry,
    UseDecision,
    WriteRecords,
)
from models.tables import DossierVersion
from tests.records.dossiers import shop

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def incident(number: int = 1, **changes: Any) -> IncidentRecord:
    values: dict[str, Any] = {
        "id": f"inc.acme.shop.{number}",
        "application": "acme.shop",
        "number": number,
        "title": "Web is down",
        "state": "confirming",
        "components": ["web"],
        "dossier": "d" * 64,
        "opened_at": NOON + timedelta(minutes=number),
        "opened_by": "embedded",
    }
    return IncidentRecord.model_validate(values | changes)


def entry(sequence: int, text: str = "looked", **data: Any) -> TimelineEntry:
    return TimelineEntry(sequence=sequence, at=NOON, kind=EntryKind.PROBE, text=text, data=data)


def alarm(sequence: int, **changes: Any) -> AlarmRecord:
    receipt = AlarmReceipt(fingerprint=f"f{sequence}", disposition=Disposition.OPENED, reason="it is new")
    values: dict[str, Any] = {
        "application": "acme.shop",
        "sequence": sequence,
        "at": NOON + timedelta(seconds=sequence),
        "title": "down",
        "state": "firing",
        "severity": "critical",
        "source": "embedded",
        "receipt": receipt,
    }
    return AlarmRecord.model_validate(values | changes)


def test_a_published_dossier_holds_until_the_next_and_older_ones_stay_readable(records: Records) -> None:
    first, second = shop(), shop(name="Shop, renamed")
    assert records.current_dossier("acme.shop") is None
    assert records.publish_dossier(first, "ann") is True
    assert records.publish_dossier(first, "ann") is False
    assert records.publish_dossier(second, "bo") is True
    assert records.current_dossier("acme.shop") == second
    assert records.dossier(first.digest) == first
    assert records.dossier(first.digest).digest == first.digest
    assert records.applications() == ["acme.shop"]
    assert records.publish_dossier(first, "ann") is True, "going back is publishing, too"
    assert records.current_dossier("acme.shop") == first


def test_a_dossier_is_read_from_the_database_once(url: str, records: Records) -> None:
    records.publish_dossier(shop(), "ann")
    assert records.dossier(shop().digest) is records.dossier(shop().digest)


def test_an_unknown_digest_is_named(records: Records) -> None:
    with pytest.raises(NotFoundError, match="abc"):
        records.dossier("abc")


def test_a_dossier_in_a_format_that_is_no_longer_read_asks_to_be_published_again(records: Records) -> None:
    with records.database.writing() as session:
        session.add(
            DossierVersion(
                digest="old", application="acme.shop", content={"x": 1}, published_at=NOON, published_by="ann"
            )
        )
    with pytest.raises(DossierError, match=r"acme\.shop .* publish it again"):
        records.dossier("old")


def test_writing_the_same_batch_again_changes_nothing(records: Records) -> None:
    batch = WriteRecords(incidents=[incident(timeline=[entry(0), entry(1, n=1)])], alarms=[alarm(1), alarm(2)])
    records.write(batch)
    before = (records.incidents(), records.timeline("inc.acme.shop.1"), records.alarms("acme.shop"))
    records.write(batch)
    assert (records.incidents(), records.timeline("inc.acme.shop.1"), records.alarms("acme.shop")) == before
    assert [e.sequence for e in before[1]] == [0, 1]
    assert [a.sequence for a in before[2]] == [2, 1]
    assert before[0][0].opened_at == NOON + timedelta(minutes=1)
    assert before[1][1].data == {"n": 1}


def test_a_later_write_wins_but_an_incident_once_closed_stays_so(records: Records) -> None:
    records.write(WriteRecords(incidents=[incident(state="verifying", priority="P1")]))
    closed = incident(state="closed", priority="P2", closed_at=NOON, outcome="recovered", summary="all well")
    records.write(WriteRecords(incidents=[closed]))
    records.write(WriteRecords(incidents=[incident(state="verifying", priority="P1", timeline=[entry(7)])]))
    kept = records.incident("inc.acme.shop.1")
    assert (kept.state, kept.priority, kept.closed_at, kept.outcome, kept.summary) == (
        "closed",
        "P2",
        NOON,
        "recovered",
        "all well",
    )
    assert [e.sequence for e in records.timeline("inc.acme.shop.1")] == [7], "what it tells is kept all the same"
    records.write(WriteRecords(incidents=[incident(state="closed", closed_at=NOON, summary="amended")]))
    assert records.incident("inc.acme.shop.1").outcome == "recovered"
    assert records.incident("inc.acme.shop.1").summary == "amended"


def test_a_retried_workflow_task_sends_the_same_again(records: Records) -> None:
    def told(seconds: int, *texts: str) -> WriteRecords:
        at = NOON + timedelta(seconds=seconds)
        lines = [entry(n, text).model_copy(update={"at": at}) for n, text in enumerate(texts, 1)]
        return WriteRecords(incidents=[incident(timeline=[entry(0, "first"), *lines])])

    first, again = told(1, "cancelled", "told the customer", "closed"), told(2, "joined", "cancelled")
    for written in (first, again, first):  # the first may come late
        records.write(written)
    assert [e.text for e in records.timeline("inc.acme.shop.1")] == ["first", "joined", "cancelled"]


def test_a_known_timeline_entry_is_left_as_it_was(records: Records) -> None:
    records.write(WriteRecords(incidents=[incident(timeline=[entry(0, "first")])]))
    records.write(WriteRecords(incidents=[incident(timeline=[entry(0, "forged"), entry(1, "next")])]))
    assert [e.text for e in records.timeline("inc.acme.shop.1")] == ["first", "next"]


def test_text_that_a_database_cannot_store_is_repaired_and_not_refused(records: Records) -> None:
    nasty = TimelineEntry(sequence=0, at=NOON, kind=EntryKind.NOTE, text="a\x00b", data={"k\x00": ["x\x00"]})
    records.write(WriteRecords(incidents=[incident(title="t\x00", timeline=[nasty])], alarms=[alarm(1, title="\x00")]))
    assert records.timeline("inc.acme.shop.1")[0].text == "a\ufffdb"
    assert records.timeline("inc.acme.shop.1")[0].data == {"k\ufffd": ["x\ufffd"]}
    assert records.alarms()[0].title == "\ufffd"


def test_a_batch_is_written_whole_or_not_at_all(records: Records) -> None:
    with pytest.raises(StoreError, match="time zone"):
        records.write(WriteRecords(incidents=[incident()], alarms=[alarm(1, at=datetime(2026, 1, 1))]))  # noqa: DTZ001  # naive on purpose
    assert records.incidents() == []


def test_incidents_are_found_by_application_state_and_whether_they_are_open(records: Records) -> None:
    other = incident(1, id="inc.acme.crm.1", application="acme.crm", state="awaiting-decision")
    records.write(WriteRecords(incidents=[incident(1, state="closed", closed_at=NOON), incident(2), other]))
    assert [i.id for i in records.incidents("acme.shop")] == ["inc.acme.shop.2", "inc.acme.shop.1"]
    assert [i.id for i in records.incidents(state="awaiting-decision")] == ["inc.acme.crm.1"]
    assert {i.id for i in records.incidents(open_only=True)} == {"inc.acme.shop.2", "inc.acme.crm.1"}
    assert len(records.incidents(limit=1)) == 1
    closed = [i.id for i in records.incidents(closed_only=True)]
    assert (records.count_incidents(), records.count_incidents(closed_only=True)) == (
        len(records.incidents()),
        len(closed),
    )
    with pytest.raises(NotFoundError, match=r"there is no incident acme\.shop\.9;"):
        records.incident("inc.acme.shop.9")


def test_counting_goes_on_from_what_is_kept(records: Records) -> None:
    assert records.next_numbers("acme.shop") == (1, 1)
    records.write(WriteRecords(incidents=[incident(3), incident(2)], alarms=[alarm(41)]))
    assert records.next_numbers("acme.shop") == (4, 42)
    assert records.next_numbers("acme.crm") == (1, 1)


def test_a_token_is_above_all_before_it_and_the_same_key_gives_the_same(records: Records) -> None:
    first = records.take_tokens(TakeTokens(key="wf/1", components=["acme.shop.web", "acme.shop.db"])).tokens
    second = records.take_tokens(TakeTokens(key="wf/2", components=["acme.shop.web"])).tokens
    assert second["acme.shop.web"] > first["acme.shop.web"] > 1_700_000_000_000
    again = records.take_tokens(TakeTokens(key="wf/1", components=["acme.shop.db", "acme.shop.web"])).tokens
    assert again == first


def test_a_key_that_was_used_for_other_tokens_is_refused(records: Records) -> None:
    asked = TakeTokens(key="wf/3", components=["acme.shop.web"])
    given = records.take_tokens(asked)
    for other in ({"count": 1000}, {"counted": True}):
        with pytest.raises(KeyReusedError, match="its key wf/3 was used for another request"):
            records.take_tokens(asked.model_copy(update=other))
    more = records.take_tokens(asked.model_copy(update={"components": ["acme.shop.web", "acme.shop.new"]})).tokens
    assert more["acme.shop.web"] == given.tokens["acme.shop.web"], "a component that is published meanwhile"
    assert records.take_tokens(asked) == given


def test_a_decision_counts_for_no_other_answer_of_the_same_run(records: Records) -> None:
    use = UseDecision(gate="inc.acme.shop.1/g2/x", run="run-1", option="approve", by=["ann"], at=NOON)
    assert records.use_decision(use).accepted
    for other in ({"option": "refuse"}, {"by": ["bo"]}):
        assert not records.use_decision(use.model_copy(update=other)).accepted


def test_a_decision_counts_for_one_run(records: Records) -> None:
    use = UseDecision(gate="inc.acme.shop.1/g1/x", run="run-1", option="approve", by=["ann"], at=NOON)
    assert records.use_decision(use).accepted
    assert records.use_decision(use).accepted, "a retry of the same run"
    replayed = records.use_decision(use.model_copy(update={"run": "run-2"}))
    assert not replayed.accepted
    assert replayed.used_by_run == "run-1"


def test_output_is_kept_by_job_and_host_and_a_later_look_replaces_it(records: Records) -> None:
    result = JobResult(job="j1", host="web1", outcome=Outcome.OK, changed=True, reason="done")
    records.keep_output(result, b"half", b"")
    records.keep_output(result, b"whole\x00\xff", b"err")
    kept = records.output("j1", "web1")
    assert (kept.stdout, kept.stderr) == (b"whole\x00\xff", b"err")
    with pytest.raises(NotFoundError, match="web2"):
        records.output("j1", "web2")


def test_the_same_body_twice_is_one_row_counted(records: Records) -> None:
    id = records.quarantine.add("am", b"\x00{", "no JSON")
    assert records.quarantine.add("am", b"\x00{", "no JSON") == id
    assert records.quarantine.add("other", b"\x00{", "no JSON") != id
    ids = records.quarantine.add_all("am", [(b"\x00{", "no JSON"), (b"x", "no JSON"), (b"x", "no JSON")])
    assert ids[0] == id
    assert ids[1] == ids[2]
    times = {row.id: row.times for row in records.quarantine.latest("am")}
    assert times == {id: 3, ids[1]: 2}


def test_ping_answers(records: Records) -> None:
    records.ping()


def operation(id: str, **changes: Any) -> OperationRecord:
    values: dict[str, Any] = {
        "id": id,
        "kind": "shut-down",
        "application": "acme.shop",
        "title": "Shut down acme.shop",
        "state": "preparing",
        "dossier": "d1",
        "opened_at": NOON,
        "opened_by": "anna@supplier.example",
        "first_run": "first",
    }
    return OperationRecord.model_validate(values | changes)


@pytest.mark.parametrize(
    ("used", "free"),
    [
        (["shut-down.acme.shop.1"], "shut-down.acme.shop.2"),
        (["shut-down.acme.shop.1", "shut-down.acme.shop.2"], "shut-down.acme.shop.3"),
        (["shut-down.acme.shop.2026-11-30"], "shut-down.acme.shop.2026-11-30-2"),
        (["shut-down.acme.shop.noon", "shut-down.acme.shop.noon-2"], "shut-down.acme.shop.noon-3"),
    ],
)
def test_an_operation_never_gets_the_id_of_another_and_learns_a_free_one(
    records: Records, used: list[str], free: str
) -> None:
    records.write(WriteRecords(operations=[operation(id, title="The first") for id in used]))
    with pytest.raises(IdUsedError, match=rf"by anna@supplier\.example on 2026-03-01 12:00 UTC.* example {free}$"):
        records.write(WriteRecords(incidents=[incident()], operations=[operation(used[0], first_run="second")]))
    assert records.operation(used[0]).title == "The first"
    assert records.incidents() == [], "nothing of the batch is written"
    records.write(WriteRecords(operations=[operation(free, first_run="second")]))


def test_an_operation_of_before_ids_were_kept_is_taken_for_the_same(records: Records) -> None:
    records.write(WriteRecords(operations=[operation("restore.acme.shop.1", first_run=None)]))
    records.write(WriteRecords(operations=[operation("restore.acme.shop.1", state="closed")]))
    assert records.operation("restore.acme.shop.1").first_run == "first"
