"""Dumps: real pg_dump, pg_restore and server, over a real SSH server."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from models.dossier.backups import PostgresqlDump
from models.dossier.instructions import RunStep
from models.jobs import Outcome
from tests.restoring.cluster import Cluster
from tests.restoring.far import FarHost, place
from workflows.restore.backups.postgresql_dump import DumpAdapter

pytestmark = [pytest.mark.needs("openssh"), pytest.mark.needs("postgresql")]

_numbers = itertools.count(1)


@pytest.fixture
def shop(cluster: Cluster) -> Iterator[str]:
    """A database with a hundred orders."""
    name = f"shop{next(_numbers)}"
    cluster.sql(f"create database {name}")
    cluster.sql("create table orders as select n as id, repeat('x', 100) as text from generate_series(1, 100) n", name)
    yield name
    for database in cluster.databases():
        if database.startswith(name):
            cluster.sql(f"drop database {database}")


def adapter(cluster: Cluster, database: str, **fields: object) -> DumpAdapter:
    place_fields = {k: fields.pop(k) for k in ("drill", "key") if k in fields}
    source = {
        "type": "postgresql_dump",
        "directory": str(cluster.dumps),
        "pattern": f"{database}-*.dump",
        "database": database,
        "server": cluster.server,
    }
    return DumpAdapter(PostgresqlDump.model_validate(source | fields), place(**place_fields))  # type: ignore[arg-type]


COUNT = RunStep(command='test "$(psql -XAtc "select count(*) from orders")" = 100', read_only=True)


def test_a_dump_is_restored_to_staging_proven_swapped_in_and_swapped_back(
    far: FarHost, cluster: Cluster, shop: str
) -> None:
    cluster.dump(shop, f"{shop}-1.dump")
    cluster.sql("insert into orders values (101, 'later')", shop)
    cluster.sql(f"create role {shop}_app; alter database {shop} owner to {shop}_app")
    cluster.sql(f"alter database {shop} set search_path = a, public; revoke connect on database {shop} from public")
    one = adapter(cluster, shop)

    examined = far.restored_to_staging(one)
    step = one.progress()
    shown = one.how_far(far.ask(step), examined)
    assert far.run(one.verify(COUNT, aside=True)).outcome is Outcome.OK
    assert far.run(one.verify(COUNT, aside=False)).outcome is Outcome.FAILED
    before = cluster.sql("select count(*) from orders", shop)
    far.carry_out(one.swap(examined))
    far.carry_out(one.swap(examined))  # done already

    assert (before, cluster.sql("select count(*) from orders", shop)) == ("101", "100")
    assert "are in the new database; the current one has" in shown
    assert one.saved_to(examined) == f"database {one.kept}"
    owner = f"select pg_get_userbyid(datdba), datacl from pg_database where datname = '{shop}'"
    assert cluster.sql(owner) == f"{shop}_app|{{{shop}_app=CTc/{shop}_app,=T/{shop}_app}}"
    assert cluster.sql("show search_path", shop) == "a, public"
    assert cluster.sql(f"select datallowconn from pg_database where datname = '{one.kept}'") == "f"

    far.carry_out(one.put_back(examined))
    far.carry_out(one.put_back(examined))

    assert cluster.sql("select count(*) from orders", shop) == "101"
    cluster.sql(f"alter database {shop} owner to owner; grant connect on database {shop} to public")
    bad = one.place.named(shop, "bad")
    assert cluster.sql(f"select datallowconn from pg_database where datname = '{bad}'") == "f"
    cluster.sql(f"alter database {bad} owner to owner; drop role {shop}_app")


def test_a_drill_leaves_nothing_behind(far: FarHost, cluster: Cluster, shop: str) -> None:
    cluster.dump(shop, f"{shop}-1.dump")
    one = adapter(cluster, shop, drill=True)
    before = cluster.databases()

    far.restored_to_staging(one)
    assert far.run(one.verify(COUNT, aside=True)).outcome is Outcome.OK
    far.carry_out([*one.settle(), *one.remove(), *one.remove()])

    assert cluster.databases() == before


def test_a_database_that_is_lost_is_restored_under_its_name(far: FarHost, cluster: Cluster, shop: str) -> None:
    cluster.dump(shop, f"{shop}-1.dump")
    cluster.sql(f"drop database {shop}")
    one = adapter(cluster, shop)

    examined = far.restored_to_staging(one)
    far.carry_out(one.swap(examined))

    assert cluster.sql("select count(*) from orders", shop) == "100"
    assert one.saved_to(examined) == ""


def test_somebody_who_is_connected_does_not_keep_the_two_from_changing_places(
    far: FarHost, cluster: Cluster, shop: str
) -> None:
    import psycopg

    cluster.dump(shop, f"{shop}-1.dump")
    one = adapter(cluster, shop)
    examined = far.restored_to_staging(one)
    with psycopg.connect(host=str(cluster.root), port=cluster.port, user="owner", dbname=shop):
        far.carry_out(one.swap(examined))

    assert one.kept in cluster.databases()


def test_a_dump_says_itself_when_it_was_made(far: FarHost, cluster: Cluster, shop: str) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    file = cluster.dump(shop, f"{shop}-1.dump")
    one = adapter(cluster, shop)

    point = far.choose(one)
    examined = far.examine(one, point)

    assert point.size_bytes == file.stat().st_size
    assert examined.at is not None
    assert before <= examined.at <= datetime.now(UTC)


def test_a_dump_that_is_cut_short_cannot_be_read(far: FarHost, cluster: Cluster, shop: str) -> None:
    cluster.sql("insert into orders select n, md5(n::text) from generate_series(1, 20000) n", shop)
    file = cluster.dump(shop, f"{shop}-1.dump")
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    one = adapter(cluster, shop)

    result = far.run(one.examine(far.choose(one)))

    assert result.outcome is Outcome.FAILED
    assert "end of file" in result.stderr.text


def test_a_file_that_is_no_dump_cannot_be_read(far: FarHost, cluster: Cluster, shop: str) -> None:
    (cluster.dumps / f"{shop}-1.dump").write_bytes(b"")
    one = adapter(cluster, shop)

    assert far.run(one.examine(far.choose(one))).outcome is Outcome.FAILED


def test_a_dump_without_data_is_refused(far: FarHost, cluster: Cluster, shop: str) -> None:
    cluster.run("pg_dump", "--format=custom", "--schema-only", f"--file={cluster.dumps / shop}-1.dump", shop)
    one = adapter(cluster, shop)

    assert far.examine(one, far.choose(one)).faults == ["it contains no table's data"]


def test_a_dump_of_another_database_is_refused_unless_its_name_is_given(
    far: FarHost, cluster: Cluster, shop: str
) -> None:
    cluster.dump(shop, f"{shop}-1.dump")
    one = adapter(cluster, "payroll", pattern=f"{shop}-*.dump")
    named = adapter(cluster, "payroll", pattern=f"{shop}-*.dump", dumped_from=shop)

    refused = far.examine(one, far.choose(one))

    assert refused.faults == [f"it is a dump of the database '{shop}', not of 'payroll'"]
    assert far.examine(named, far.choose(named)).faults == []


def test_no_server_is_no_answer_that_nothing_exists(far: FarHost, cluster: Cluster, shop: str) -> None:
    cluster.dump(shop, f"{shop}-1.dump")
    gone = cluster.server.model_copy(update={"port": 1})
    one = adapter(cluster, shop, server=gone)

    assert far.run(one.examine(far.choose(one))).outcome is Outcome.FAILED


def test_a_restore_that_fails_half_way_can_be_done_again(far: FarHost, cluster: Cluster, shop: str) -> None:
    cluster.dump(shop, f"{shop}-1.dump")
    one = adapter(cluster, shop)
    cluster.sql(f"create database {one.aside}")
    cluster.sql("create table orders (wrong text)", one.aside)

    far.restored_to_staging(one)

    assert far.run(one.verify(COUNT, aside=True)).outcome is Outcome.OK


def test_a_dump_that_needs_a_role_or_an_extension_that_is_gone_is_refused_before_anything_is_touched(
    far: FarHost, cluster: Cluster, shop: str
) -> None:
    role = f"{shop} app"
    cluster.sql(f'create role "{role}"; create role {shop}_plain')
    cluster.sql(
        f'alter table orders owner to "{role}"; create view v as select 1; alter view v owner to {shop}_plain', shop
    )
    cluster.dump(shop, f"{shop}-1.dump")
    one = adapter(cluster, shop)
    assert far.examine(one, far.choose(one)).faults == []

    cluster.sql(
        f'alter table orders owner to owner; alter view v owner to owner; drop role "{role}", {shop}_plain', shop
    )
    [fault] = far.examine(one, far.choose(one)).faults

    assert fault == f"the server lacks the role app, the role {shop}_plain, which the dump needs; create it there first"


def test_a_role_that_may_not_make_or_rename_databases_is_found_before_anything_is_touched(
    far: FarHost, cluster: Cluster, shop: str
) -> None:
    cluster.dump(shop, f"{shop}-1.dump")
    cluster.sql(f"create role {shop}_weak login")
    one = adapter(cluster, shop, server=cluster.server.model_copy(update={"user": f"{shop}_weak"}))

    faults = far.examine(one, far.choose(one)).faults

    assert faults == [
        f"the role {shop}_weak may not create databases; give it CREATEDB",
        f"the role {shop}_weak may not rename the database {shop}; make it a member of the owner",
    ]
    cluster.sql(f"drop role {shop}_weak")


def test_a_dump_is_found_under_a_name_with_any_letters(far: FarHost, cluster: Cluster, shop: str) -> None:
    name = f"{shop}-[prod] *'\" Ä \\t.dump"
    cluster.dump(shop, name)
    one = adapter(cluster, shop)

    far.restored_to_staging(one)

    assert far.choose(one).id == name
    assert far.run(one.verify(COUNT, aside=True)).outcome is Outcome.OK


def test_settings_of_the_database_are_tried_aside(far: FarHost, cluster: Cluster, shop: str) -> None:
    cluster.dump(shop, f"{shop}-1.dump")
    cluster.sql(f"alter database {shop} set work_mem = '5MB'")
    one = adapter(cluster, shop, drill=True)

    far.restored_to_staging(one)

    assert cluster.sql("show work_mem", one.aside) == "5MB"
    far.carry_out(one.remove())
