"""Base backups and a log replayed to a moment: real pg_basebackup and servers, over a real SSH server."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from models.dossier.backups import PostgresqlBase
from models.dossier.instructions import RunStep
from models.jobs import Outcome
from models.restores import RestorePoint
from tests.restoring.cluster import Cluster
from tests.restoring.far import FarHost, place
from workflows.restore.backups.commands import facts
from workflows.restore.backups.postgresql_base import LOG_END, BaseAdapter

pytestmark = [pytest.mark.needs("openssh"), pytest.mark.needs("postgresql")]


@pytest.fixture(scope="module")
def between(cluster: Cluster) -> Iterator[datetime]:
    """Two base backups, plain and as tar; then an order, a moment, and another order, all archived."""
    cluster.sql("create table orders (id int); insert into orders values (1)")
    cluster.base("plain")
    cluster.base("tar", "--format=tar", "--gzip")
    time.sleep(1.1)  # the base backup's end is known to the second
    cluster.sql("insert into orders values (2)")
    moment = datetime.fromisoformat(cluster.sql("select clock_timestamp()")).astimezone(UTC)
    cluster.sql("insert into orders values (3)")
    cluster.switch()
    yield moment
    cluster.sql("drop table if exists orders")


def one_source(cluster: Cluster, **fields: object) -> dict[str, object]:
    return {
        "type": "postgresql_base",
        "directory": str(cluster.bases),
        "wal_archive": str(cluster.archive),
        "data_directory": str(cluster.data),
        "server": cluster.server,
    } | fields


def adapter(cluster: Cluster, key: str, *, drill: bool = False, **fields: object) -> BaseAdapter:
    return BaseAdapter(PostgresqlBase.model_validate(one_source(cluster, **fields)), place(key, drill=drill))


def orders(far: FarHost, one: BaseAdapter) -> str:
    ask = RunStep(command="psql -XAtc \"select string_agg(id::text, ',' order by id) from orders\"", read_only=True)
    return far.ask(one.verify(ask, aside=True)).strip()


@pytest.mark.parametrize("pattern", ["plain", "tar"])
def test_a_cluster_is_brought_to_a_moment_between_two_inserts(
    far: FarHost, cluster: Cluster, between: datetime, pattern: str
) -> None:
    one = adapter(cluster, f"moment_{pattern}", pattern=pattern, drill=True)

    examined = far.restored_to_staging(one, between.isoformat())
    seen = orders(far, one)
    step = one.progress()
    shown = one.how_far(far.ask(step), examined)
    achieved = datetime.fromtimestamp(int(facts(far.ask(one.achieved()))["achieved"]), UTC)
    far.carry_out([*one.settle(), *one.remove(), *one.remove()])

    assert seen == "1,2"
    assert between - timedelta(seconds=2) < achieved <= between
    assert "segments of the log fetched" in shown
    assert not list(cluster.root.glob("data_*"))
    assert cluster.sql("select count(*) from orders") == "3"


def test_the_log_is_replayed_to_its_end_for_the_latest_point(far: FarHost, cluster: Cluster, between: datetime) -> None:
    one = adapter(cluster, "latest", pattern="plain", drill=True)

    point = far.choose(one)
    far.restored_to_staging(one)
    seen = orders(far, one)
    far.carry_out([*one.settle(), *one.remove()])

    assert (point.id, point.base) == (LOG_END, "plain")
    assert seen == "1,2,3"


def test_a_base_backup_by_itself_is_a_point_of_its_own(far: FarHost, cluster: Cluster, between: datetime) -> None:
    one = adapter(cluster, "itself", pattern="plain", drill=True)

    far.restored_to_staging(one, "plain")
    seen = orders(far, one)
    far.carry_out(one.remove())  # its server still runs

    assert seen == "1"
    assert not list(cluster.root.glob("data_*"))


def test_a_moment_that_no_backup_reaches_is_refused(far: FarHost, cluster: Cluster, between: datetime) -> None:
    one = adapter(cluster, "refused")
    points = one.read_points(far.ask(one.list_points()))

    before = one.choose(points, "2020-01-01T00:00:00Z")
    after = one.choose(points, (datetime.now(UTC) + timedelta(days=1)).isoformat())

    assert "no backup is as old as 2020-01-01" in str(before)
    assert "the log ends at" in str(after)


def test_the_restored_cluster_takes_the_place_of_the_other_and_gives_it_back(
    far: FarHost, cluster: Cluster, between: datetime
) -> None:
    one = adapter(cluster, "swap", pattern="plain")
    examined = far.restored_to_staging(one, between.isoformat())
    far.carry_out(one.settle())

    running = far.run(one.swap(examined)[-1])
    cluster.stop()
    far.carry_out(one.swap(examined))
    far.carry_out(one.swap(examined))  # done already
    cluster.start()
    restored = cluster.sql("select count(*) from orders")
    line = cluster.sql("select timeline_id from pg_control_checkpoint()")
    cluster.stop()
    far.carry_out(one.put_back(examined))
    far.carry_out(one.put_back(examined))
    cluster.start()

    assert running.outcome is Outcome.FAILED
    assert "still runs" in running.stderr.text
    assert (restored, line) == ("2", "2")
    assert (cluster.archive / "00000002.history").exists()
    assert cluster.sql("select count(*) from orders") == "3"
    assert one.saved_to(examined) == str(one.kept)


def test_a_damaged_base_backup_is_refused(far: FarHost, cluster: Cluster, between: datetime) -> None:
    damaged = cluster.base("damaged")
    table = next(p for p in sorted(damaged.glob("base/1/*")) if p.stat().st_size > 8192)
    content = bytearray(table.read_bytes())
    content[5000] ^= 1
    table.write_bytes(content)
    one = adapter(cluster, "damaged", pattern="damaged")

    result = far.run(one.examine(far.choose(one, "damaged")))

    assert result.outcome is Outcome.FAILED
    assert "checksum mismatch" in result.stderr.text


def test_a_backup_of_another_cluster_is_refused(far: FarHost, cluster: Cluster, between: datetime) -> None:
    one = adapter(cluster, "other", pattern="plain", system_identifier="1234567890")

    assert far.examine(one, far.choose(one, "plain")).faults[0].endswith("not of 1234567890")


def test_a_backup_whose_log_is_missing_is_refused(far: FarHost, cluster: Cluster, between: datetime) -> None:
    cluster.base("logless", "--wal-method=none")
    elsewhere = cluster.root / "elsewhere"
    elsewhere.mkdir()
    cluster.hand_over()
    one = adapter(cluster, "logless", pattern="logless", wal_archive=str(elsewhere))

    [fault] = far.examine(one, far.choose(one, "logless")).faults

    assert fault.startswith("its first segment of the log, 0000000")


def test_a_log_that_ends_before_the_moment_fails_with_its_reason(
    far: FarHost, cluster: Cluster, between: datetime
) -> None:
    one = adapter(cluster, "beyond", pattern="plain", drill=True)
    point = far.choose(one, "plain")
    later = RestorePoint(id="plain", at=point.at, target=datetime.now(UTC) + timedelta(hours=1))

    result = far.run(one.restore_to_staging(later, far.examine(one, point))[0])
    far.carry_out(one.remove())

    assert result.outcome is Outcome.FAILED
    assert "recovery ended before configured recovery target was reached" in result.stderr.text


def test_a_base_backup_and_a_log_are_found_under_names_with_any_letters(
    far: FarHost, cluster: Cluster, between: datetime
) -> None:
    nasty = "-a [b] *% %f %p 'q' \"d\" $x Ä"
    directory = cluster.root / f"bases {nasty}"
    archive = cluster.root / f"wal {nasty}"
    scratch = cluster.root / "s [1] * 'q' %p Ä"
    for made in (directory, scratch):
        made.mkdir()
    shutil.copytree(cluster.bases / "plain", directory / nasty)
    # Without the timeline that another test begins by putting a restored cluster in place.
    shutil.copytree(cluster.archive, archive, ignore=shutil.ignore_patterns("00000002*"))
    (archive / "not a log, and newer than all others").touch()
    cluster.hand_over()
    where = place("nasty", drill=True, scratch=str(scratch))
    source = one_source(cluster, directory=str(directory), wal_archive=str(archive), pattern="*")
    one = BaseAdapter(PostgresqlBase.model_validate(source), where)

    assert [p.id for p in far.points(one)] == [LOG_END, nasty]
    far.restored_to_staging(one, between.isoformat())
    found = orders(far, one)
    far.carry_out([*one.settle(), *one.remove()])

    assert found == "1,2"
    assert list(scratch.iterdir()) == []


def test_a_directory_that_the_server_cannot_have_its_socket_in_is_refused(
    far: FarHost, cluster: Cluster, between: datetime
) -> None:
    where = place("comma", drill=True, scratch=str(cluster.root / "a, b"))
    (cluster.root / "a, b").mkdir()
    cluster.hand_over()
    one = BaseAdapter(PostgresqlBase.model_validate(one_source(cluster, pattern="plain")), where)

    [fault] = far.examine(one, far.choose(one, "plain")).faults

    assert fault == f"pg_ctl or libpq cannot use the path {one.run_directory}: it contains ,"


def test_an_archive_that_cannot_learn_of_the_new_timeline_is_found_before_anything_is_touched(
    far: FarHost, cluster: Cluster, between: datetime
) -> None:
    if cluster.user is None:
        pytest.skip("needs a directory of another user")
    closed = cluster.root / "closed"
    shutil.copytree(cluster.archive, closed)
    for path in [closed, *closed.iterdir()]:
        path.chmod(0o755)
    one = adapter(cluster, "closed", pattern="plain", wal_archive=str(closed))

    [fault] = far.examine(one, far.choose(one, "plain")).faults

    assert fault == f"postgres cannot write into {closed}, and the restore must add the new timeline there"
