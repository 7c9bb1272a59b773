"""Halts in the records."""

from __future__ import annotations

import pytest
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.records import Records
from activities.records.halts import HaltActivities, Halts
from models.dossier.load import read_dossier
from models.errors import HaltedError, KeyReusedError, NotFoundError, StoreUnavailableError
from models.halts import AwaitLift, BeginHalt, EndHalt
from tests.dossier.written import EXAMPLES
from tests.records.dossiers import shop


def begun(key: str = "k1", customer: str = "acme", reason: str = "the storage is on fire") -> BeginHalt:
    return BeginHalt(key=key, customer=customer, by="ann@example.com", reason=reason, workflow=f"halt.{customer}")


@pytest.fixture
def published(records: Records) -> Records:
    records.publish_dossier(shop(), "ann")
    return records


def test_a_halt_of_a_customer_keeps_its_hosts_and_no_others(published: Records) -> None:
    Halts(published).begin(begun())
    with pytest.raises(HaltedError, match=r"ann@example.com has halted customer acme since .* on fire"):
        Halts(published).check("acme.shop")
    Halts(published).check("nordvik.booking")
    Halts(published).check("acmeo.shop")


def test_a_halt_of_everything_keeps_all_hosts_also_those_of_nobody(published: Records) -> None:
    Halts(published).begin(begun(customer=""))
    for application in ("acme.shop", "nordvik.booking", ""):
        with pytest.raises(HaltedError, match="all customers"):
            Halts(published).check(application)


def test_who_may_lift_a_halt_is_found_once_each(published: Records) -> None:
    known = Halts(published)
    assert known.lifters("acme").people == known.lifters("").people == {"acme.shop": ["ann@example.com", "bo"]}
    assert known.lifters("nordvik").people == {}


def test_where_a_dossier_names_nobody_who_may_halt_nobody_halts(records: Records) -> None:
    only_a_third_party = {"anna": {"name": "Anna", "party": "payer", "function": "desk", "email": "anna@x.example"}}
    records.publish_dossier(shop(contacts=only_a_third_party), "ann")
    order = begun(customer="").model_copy(update={"by": "anna@x.example"})
    with pytest.raises(
        NotFoundError, match="may not halt all customers, nor lift such a halt; these people may: nobody"
    ):
        Halts(records).begin(order)


def test_before_a_dossier_is_published_anybody_halts_because_there_is_no_host(records: Records) -> None:
    assert Halts(records).begin(begun(customer="")).by == "ann@example.com"


def test_a_halt_acts_within_a_second_and_so_does_its_lifting(
    published: Records,
) -> None:
    clock = 100.0
    looking, order = Halts(published, lambda: clock), begun()
    looking.check("acme.shop")
    Halts(published).begin(order)
    clock += 1.01
    with pytest.raises(HaltedError):
        looking.check("acme.shop")
    Halts(published).end(EndHalt(key=order.key, by="bo", reason="out"))
    clock += 1.01
    looking.check("acme.shop")


def test_a_misspelt_customer_is_refused_and_the_same_halt_twice_is_one(published: Records) -> None:
    halts = Halts(published)
    with pytest.raises(NotFoundError, match=r"no customer 'amce'; there are acme"):
        halts.begin(begun(customer="amce"))
    first = halts.begin(begun())
    assert halts.begin(begun()) == first
    with pytest.raises(KeyReusedError, match="k1"):
        halts.begin(begun(reason="another"))
    assert halts.active() == [first]


def test_who_lifts_it_first_has_lifted_it(published: Records) -> None:
    halts = Halts(published)
    halts.begin(begun())
    halts.end(EndHalt(key="k1", by="bo", reason="out"))
    again = halts.end(EndHalt(key="k1", by="ann", reason="too late"))
    assert (again.lifted_by, again.lifted_because) == ("bo", "out")
    assert (halts.active(), halts.past()) == ([], [again])
    with pytest.raises(NotFoundError):
        halts.end(EndHalt(key="k2", by="bo", reason=""))


def test_a_waiting_step_continues_when_its_halt_is_lifted(published: Records) -> None:
    halts = Halts(published)
    waiting = HaltActivities(halts)
    halts.begin(begun())
    for asked in (AwaitLift(key="k1"), AwaitLift(application="acme.shop")):
        with pytest.raises(ApplicationError, match="on fire") as halted:
            waiting.await_lift(asked)
        assert not halted.value.non_retryable
        assert halted.value.category is ApplicationErrorCategory.BENIGN
    waiting.end_halt(EndHalt(key="k1", by="bo", reason="out"))
    assert waiting.await_lift(AwaitLift(key="k1")).by == "bo"
    assert HaltActivities(Halts(published)).await_lift(AwaitLift(application="acme.shop")).by == ""


def test_records_that_do_not_answer_are_a_halt_too(tmp_path: object) -> None:
    class Away(Halts):
        def active(self) -> list[object]:  # type: ignore[override]
            raise StoreUnavailableError("the records database does not answer")

    records = Records(f"sqlite:///{tmp_path}/none.db")
    with pytest.raises(HaltedError, match="nobody can see whether there is a halt"):
        Away(records).check("acme.shop")
    records.close()


@pytest.mark.parametrize(
    ("who", "customer", "may"),
    [
        ("jonas", "", True),
        ("jonas", "acme", True),
        ("karin", "", False),
        ("karin", "acme", True),
        ("betalt-support", "acme", False),
        ("betalt-support", "", False),
    ],
)
def test_a_customer_halts_its_own_hosts_only_and_a_third_party_none_and_neither_lifts_more(
    records: Records, who: str, customer: str, may: bool
) -> None:
    records.publish_dossier(read_dossier(EXAMPLES / "acme" / "shop.yaml"), "test")
    halts = Halts(records)
    order = begun(customer=customer)
    if may:
        halts.begin(order.model_copy(update={"by": who}))
        assert halts.end(EndHalt(key=order.key, by=who, reason="")).lifted_at is not None
        return
    with pytest.raises(NotFoundError, match=r"may not halt .*, nor lift such a halt; these people may: .*jonas.berg"):
        halts.begin(order.model_copy(update={"by": who}))
    halts.begin(order.model_copy(update={"by": "jonas"}))
    with pytest.raises(NotFoundError, match="may not halt"):
        halts.end(EndHalt(key=order.key, by=who, reason=""))
    assert halts.active()
