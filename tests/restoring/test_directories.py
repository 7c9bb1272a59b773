"""restic and plain files: real tools over a real SSH server."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from models.dossier.backups import Files, Restic
from models.dossier.instructions import RunStep
from models.jobs import Outcome
from tests.restoring.far import FarHost, place
from workflows.restore.backups.directories import DirectoryAdapter
from workflows.restore.backups.files import FilesAdapter
from workflows.restore.backups.restic import ResticAdapter

needs_restic = pytest.mark.needs("restic")
pytestmark = pytest.mark.needs("openssh")

Make = Callable[..., DirectoryAdapter]


@dataclass
class Shop:
    """An application's directory, and where its copies go."""

    root: Path
    name: str = "shop"

    @property
    def path(self) -> Path:
        return self.root / "srv" / self.name

    @property
    def copies(self) -> Path:
        return self.root / "copies"

    def fill(self, text: str) -> None:
        """Give it its files."""
        self.path.mkdir(parents=True, exist_ok=True)
        (self.path / "shop.conf").write_text("the shop's")
        (self.path / "order one.txt").write_text(text)

    @property
    def order(self) -> str:
        return (self.path / "order one.txt").read_text()

    def beside(self) -> set[str]:
        """What lies beside it."""
        return {p.name for p in self.path.parent.iterdir()} - {self.name}

    def tar(self, name: str, *options: str) -> Path:
        """Copy it into an archive."""
        self.copies.mkdir(exist_ok=True)
        file = self.copies / name
        subprocess.run(["tar", "-czf", str(file), "-C", str(self.path), *options, "."], check=True)
        return file

    def files(self, **fields: object) -> FilesAdapter:
        drill = bool(fields.pop("drill", False))
        scratch = fields.pop("scratch", None)
        source = {"type": "files", "directory": str(self.copies), "path": str(self.path), "marker": "shop.conf"}
        where = place(drill=drill, scratch=str(scratch) if scratch else None)
        return FilesAdapter(Files.model_validate(source | fields), where)

    @property
    def repository(self) -> Path:
        return self.root / "restic"

    def restic(self, *arguments: str) -> str:
        """Run restic on its repository."""
        environment = os.environ | {
            "RESTIC_REPOSITORY": str(self.repository),
            "RESTIC_PASSWORD_FILE": str(self.password),
            "RESTIC_CACHE_DIR": str(self.root / "cache"),
        }
        return subprocess.run(
            ["restic", *arguments], env=environment, check=True, capture_output=True, text=True
        ).stdout

    @property
    def password(self) -> Path:
        return self.root / "password"

    def snapshot(self, *options: str) -> str:
        """Back it up; the snapshot's id."""
        if not self.repository.exists():
            self.password.write_text("a-password-for-tests")
            self.restic("init")
        said = self.restic("backup", "--json", *options, str(self.path))
        return str(json.loads(said.splitlines()[-1])["snapshot_id"])[:8]

    def snapshots(self, **fields: object) -> ResticAdapter:
        drill = bool(fields.pop("drill", False))
        scratch = fields.pop("scratch", None)
        (self.root / "environment").write_text(f"RESTIC_CACHE_DIR={shlex.quote(str(self.root))}/cache\n")
        source = {
            "type": "restic",
            "repository": str(self.repository),
            "password_file": str(self.password),
            "environment": str(self.root / "environment"),
            "tags": ["shop"],
            "path": str(self.path),
        }
        where = place(drill=drill, scratch=str(scratch) if scratch else None)
        return ResticAdapter(Restic.model_validate(source | fields), where)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    shop = Shop(tmp_path)
    shop.fill("as it was")
    return shop


def backed_up(shop: Shop, kind: str) -> Make:
    if kind == "restic":
        shop.snapshot("--tag", "shop")
        return shop.snapshots
    if kind == "tar":
        shop.tar("shop.tar.gz")
    else:
        shop.copies.mkdir()
        subprocess.run(["cp", "-a", str(shop.path), str(shop.copies / "2026-01-31")], check=True)
    return shop.files


KINDS = [pytest.param("restic", marks=needs_restic), "tar", "directory"]
SAME = RunStep(command='grep -qx "as it was" "$RESTORED_TO/order one.txt"', read_only=True)


@pytest.mark.parametrize("kind", KINDS)
def test_a_directory_is_restored_to_staging_proven_swapped_in_and_swapped_back(
    far: FarHost, shop: Shop, kind: str
) -> None:
    one = backed_up(shop, kind)()
    shop.fill("damaged")

    examined = far.restored_to_staging(one)
    step = one.progress()
    assert step is not None
    shown = one.how_far(far.ask(step), examined)
    assert far.run(one.verify(SAME, aside=True)).outcome is Outcome.OK
    assert far.run(one.verify(SAME, aside=False)).outcome is Outcome.FAILED
    untouched = shop.order
    far.carry_out([*one.swap(examined), *one.swap(examined)])
    restored = shop.order
    far.carry_out([*one.put_back(examined), *one.put_back(examined)])

    assert (untouched, restored, shop.order) == ("damaged", "as it was", "damaged")
    assert " are written" in shown
    assert one.saved_to(examined) == one.kept
    assert shop.beside() == {Path(one.place.named(str(shop.path), "bad")).name}


@pytest.mark.parametrize("kind", KINDS)
def test_a_drill_goes_to_its_scratch_directory_and_leaves_nothing_behind(
    far: FarHost, shop: Shop, kind: str, tmp_path: Path
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    one = backed_up(shop, kind)(drill=True, scratch=scratch)
    shop.fill("of today")

    far.restored_to_staging(one)
    proven = far.run(one.verify(SAME, aside=True)).outcome
    made = len(list(scratch.iterdir()))
    far.carry_out([*one.settle(), *one.remove()])

    assert (proven, made, list(scratch.iterdir())) == (Outcome.OK, 1, [])
    assert (shop.order, shop.beside()) == ("of today", set())


@pytest.mark.parametrize("kind", KINDS)
def test_a_directory_that_is_lost_is_restored(far: FarHost, shop: Shop, kind: str) -> None:
    one = backed_up(shop, kind)()
    subprocess.run(["rm", "-rf", str(shop.path)], check=True)

    examined = far.restored_to_staging(one)
    far.carry_out(one.swap(examined))

    assert (shop.order, one.saved_to(examined)) == ("as it was", "")


def test_a_part_of_an_archive_can_be_what_is_restored(far: FarHost, shop: Shop) -> None:
    shop.copies.mkdir()
    whole = shop.copies / "host.tar"
    subprocess.run(["tar", "-cf", str(whole), "-C", str(shop.root), "srv"], check=True)
    one = shop.files(inside="srv/shop")
    shop.fill("damaged")

    far.carry_out(one.swap(far.restored_to_staging(one)))

    assert shop.order == "as it was"


def test_the_newest_copy_is_found_by_its_name_or_its_time(far: FarHost, shop: Shop) -> None:
    for name in ("shop-20260130T0200.tar.gz", "shop-20260131T0200.tar.gz"):
        shop.tar(name)
    one = shop.files(pattern="shop-*.tar.gz")
    points = one.read_points(far.ask(one.list_points()))

    assert [p.id for p in points] == ["shop-20260131T0200.tar.gz", "shop-20260130T0200.tar.gz"]
    assert points[0].at == datetime(2026, 1, 31, 2, tzinfo=UTC)
    assert far.choose(one, "2026-01-30T12:00:00Z").id == "shop-20260130T0200.tar.gz"
    assert "no backup is as old as" in str(one.choose(points, "2026-01-01T00:00:00Z"))
    assert "there is no restore point 'nothing'" in str(one.choose(points, "nothing"))
    assert one.choose([], "latest") == "there is no backup"


@pytest.mark.parametrize(
    ("name", "at"),
    [
        ("shop-20260131.tar", datetime(2026, 1, 31, tzinfo=UTC)),
        ("shop-2026-01-31_02:41.tar", datetime(2026, 1, 31, 2, 41, tzinfo=UTC)),
        ("shop-20260131T024155Z.tar.gz", datetime(2026, 1, 31, 2, 41, 55, tzinfo=UTC)),
    ],
)
def test_a_copy_is_as_old_as_its_name_says_to_the_second(shop: Shop, name: str, at: datetime) -> None:
    [point] = shop.files().read_points(f"{datetime(2026, 2, 1, tzinfo=UTC).timestamp():.0f} 290 ./{name}\n")

    assert point.at == at


def test_an_archive_that_is_cut_short_cannot_be_read(far: FarHost, shop: Shop) -> None:
    (shop.path / "large").write_bytes(os.urandom(100_000))
    file = shop.tar("shop.tar.gz")
    file.write_bytes(file.read_bytes()[:50_000])
    one = shop.files()

    assert far.run(one.examine(far.choose(one))).outcome is Outcome.FAILED


def test_a_snapshot_of_another_path_is_refused_and_it_says_what_restic_must_be_given(shop: Shop) -> None:
    fault, *_ = shop.snapshots().judge("fact files 0\nfact size 0\n").faults

    assert fault == f"it contains no file of {shop.path}; back up exactly this path with restic"


def test_an_empty_copy_is_refused(far: FarHost, shop: Shop) -> None:
    (shop.copies / "2026-01-31").mkdir(parents=True)
    one = shop.files()

    assert far.examine(one, far.choose(one)).faults == ["it contains no file"]


@pytest.mark.parametrize("kind", ["tar", "directory"])
def test_a_copy_of_another_application_is_refused(far: FarHost, shop: Shop, kind: str) -> None:
    (shop.path / "shop.conf").unlink()
    one = backed_up(shop, kind)()

    [fault] = far.examine(one, far.choose(one)).faults

    assert fault.startswith("it has no shop.conf, so it is not a copy of this application's")


@needs_restic
def test_snapshots_of_other_applications_are_not_taken(far: FarHost, shop: Shop) -> None:
    shop.snapshot("--tag", "payroll")
    ours = shop.snapshot("--tag", "shop,nightly", "--time", "2026-01-31 02:00:00")
    one = shop.snapshots()

    points = one.read_points(far.ask(one.list_points()))

    assert [p.id for p in points] == [ours]


@needs_restic
def test_a_repository_without_the_right_password_cannot_be_read(far: FarHost, shop: Shop) -> None:
    shop.snapshot("--tag", "shop")
    shop.password.write_text("another-password")
    one = shop.snapshots()

    result = far.run(one.list_points())

    assert result.outcome is Outcome.FAILED
    assert "another-password" not in result.model_dump_json()


@needs_restic
def test_a_damaged_snapshot_is_not_put_in_place(far: FarHost, shop: Shop) -> None:
    shop.snapshot("--tag", "shop")
    one = shop.snapshots()
    point = far.choose(one)
    examined = far.examine(one, point)
    for file in shop.repository.glob("data/*/*"):
        file.chmod(0o600)
        file.write_bytes(bytes(len(file.read_bytes())))
    subprocess.run(["rm", "-rf", str(shop.root / "cache")], check=True)

    result = far.run(one.restore_to_staging(point, examined)[0])

    assert result.outcome is Outcome.FAILED
    assert shop.order == "as it was"


NASTY = "-shop [prod] *?{a,b} \\t 'q' \"d\" $HOME `id` %f Äö"
"""A name of which every program could take a part for a pattern, an option, an escape or a variable."""


@pytest.mark.parametrize("kind", KINDS)
def test_a_name_is_never_a_pattern(far: FarHost, tmp_path: Path, kind: str) -> None:
    shop = Shop(tmp_path / NASTY, name=NASTY)
    shop.fill("as it was")
    for neighbour in ("-shop p", "-shop [prod] x"):
        (shop.path.parent / neighbour).mkdir()
    for name in (NASTY, "[x]", "a\nb", "-dash", "Ägare.txt"):
        (shop.path / name).write_text(name)
    one = backed_up(shop, kind)()
    shop.fill("damaged")

    examined = far.restored_to_staging(one)
    far.carry_out(one.swap(examined))

    assert shop.order == "as it was"
    assert {p.name for p in shop.path.iterdir()} == {
        "shop.conf", "order one.txt", NASTY, "[x]", "a\nb", "-dash", "Ägare.txt",
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["tar", "directory"])
@pytest.mark.parametrize("marker", ["Ägare.txt", "[x]", "-dash", "tab\\t", "*", "a b"])
def test_a_marker_is_found_under_its_exact_name(far: FarHost, shop: Shop, kind: str, marker: str) -> None:
    make = backed_up(shop, kind)
    without = make(marker=marker)
    [fault] = far.examine(without, far.choose(without)).faults
    assert fault.startswith(f"it has no {marker}, so")

    (shop.path / marker).write_text("here")
    subprocess.run(["rm", "-r", str(shop.copies)], check=True)
    one = backed_up(shop, kind)(marker=marker)
    assert far.examine(one, far.choose(one)).faults == []


def test_a_marker_is_found_in_an_archive_whose_names_have_no_dot(far: FarHost, shop: Shop) -> None:
    shop.copies.mkdir()
    subprocess.run(["tar", "-cf", shop.copies / "shop.tar", "-C", shop.path, "shop.conf", "order one.txt"], check=True)
    one = shop.files()

    assert far.examine(one, far.choose(one)).faults == []


def test_the_size_of_an_archive_does_not_hang_on_the_names_of_its_owners(far: FarHost, shop: Shop) -> None:
    (shop.path / "large").write_bytes(bytes(300_000))
    shop.tar("shop.tar", "--owner=domain user:7", "--group=domain users:7")
    one = shop.files()

    needs = far.examine(one, far.choose(one)).needs_bytes
    assert needs is not None
    assert 300_000 <= needs < 310_000


def test_copies_whose_names_cannot_be_told_in_one_line_are_left_out(far: FarHost, shop: Shop) -> None:
    shop.tar("shop [1].tar")
    for name in (b"x\n1 1 .", b"y\xff.tar"):
        Path(os.fsdecode(bytes(shop.copies) + b"/" + name)).write_bytes(b"")

    assert [p.id for p in far.points(shop.files())] == ["shop [1].tar"]


def test_a_place_that_cannot_be_written_into_is_found_before_anything_is_touched(far: FarHost, shop: Shop) -> None:
    shop.tar("shop.tar")
    one = shop.files(path="/proc/shop/data")

    faults = far.examine(one, far.choose(one)).faults
    assert (
        "the user who logs in cannot make a directory in /proc/shop; make it, or change who may write there" in faults
    )


@needs_restic
def test_only_the_files_of_its_own_path_count_in_a_snapshot(far: FarHost, shop: Shop) -> None:
    other = shop.root / "other"
    other.mkdir()
    (other / "large").write_bytes(os.urandom(300_000))
    shop.snapshot("--tag", "payroll")
    shop.restic("backup", "--tag", "shop", str(shop.path), str(other))
    one = shop.snapshots()

    examined = far.examine(one, far.choose(one))
    assert examined.faults == []
    assert examined.needs_bytes is not None
    assert examined.needs_bytes < 10_000


@needs_restic
def test_a_snapshot_is_found_whatever_its_paths_and_tags_say(far: FarHost, tmp_path: Path) -> None:
    shop = Shop(tmp_path, name='x","short_id":"00000000')
    shop.fill("as it was")
    ours = shop.snapshot("--tag", "shop")

    assert [p.id for p in far.points(shop.snapshots())] == [ours]
