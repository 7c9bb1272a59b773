"""The chapters of the handbook say what the dossier says, with the proofs, in both languages."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from activities.documents.elements import Heading, Picture, Tone
from activities.documents.markdown import markdown
from activities.handbook.document import CHAPTERS
from activities.handbook.source import LastRestore
from models.dossier import Dossier
from models.dossier.load import read_dossier
from models.dossier.parties import Language
from models.dossier.provable import provable
from models.proof import Freshness, Proof, Use, freshness
from starter.handbook.lines import lines_of
from tests.dossier.written import DOSSIERS, plain_data
from tests.handbook.samples import NOW, SHOP, chapter, example, figures, grid, made, particulars, rows, steps

RESTART = "remedy/web-down/restart-web"
WORKED = "Last worked"


def proofs(dossier: Dossier, *uses: tuple[Use, timedelta, str]) -> dict[str, Freshness]:
    """The proofs of a dossier whose restart of the web server was used so long ago; empty digest: as it is written now."""
    found = {}
    for name, one in provable(dossier).items():
        used = [
            Proof(use=use, at=NOW - ago, operation="inc.acme.shop.1", dossier="d", digest=digest or one.digest)
            for use, ago, digest in uses
            if name == RESTART
        ]
        fresh_for = dossier.instructions.fresh_for
        found[name] = freshness(dossier.id, name, one.title, one.digest, fresh_for, used, NOW)
    return found


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("customer", [False, True], ids=["internal", "customer"])
@pytest.mark.parametrize("path", DOSSIERS, ids=lambda path: path.stem)
def test_every_chapter_with_content_is_there_in_both_languages(path: Path, customer: bool, language: Language) -> None:
    dossier = read_dossier(path)
    titles = [section.title for section in made(dossier, language, customer=customer).sections]
    every = [one.title[language is Language.SWEDISH] for one in CHAPTERS]
    assert titles == [title for title in every if title in titles]
    left_out = {one.key for one in CHAPTERS if one.title[language is Language.SWEDISH] not in titles}
    parts = dossier.instructions
    assert left_out == {
        *(["restoring"] if not parts.restore else []),
        *(["changes"] if not parts.changes else []),
        *(["routines"] if not dossier.routines.extended else []),
        *(["maintenance"] if not dossier.routines.maintenance and not dossier.agreement.freezes else []),
    }


@pytest.mark.parametrize("path", DOSSIERS, ids=lambda path: path.stem)
def test_the_internal_handbook_has_every_command_of_the_dossier(path: Path) -> None:
    text = markdown(made(read_dossier(path)))
    found = sorted(commands(plain_data(path)["instructions"]) | commands(plain_data(path).get("routines", {})))
    assert [command for command in found if command not in text] == []
    assert len(found) > 0


def commands(value: Any) -> set[str]:
    """Every command, check and undo that is written as a text."""
    if isinstance(value, dict):
        own = {value[key] for key in ("command", "check", "undo") if isinstance(value.get(key), str)}
        return own.union(*map(commands, value.values()))
    return set().union(*map(commands, value)) if isinstance(value, list) else set()


@pytest.mark.parametrize(
    ("uses", "said", "tone"),
    [
        ([], "never: it was not carried out or rehearsed yet", Tone.BAD),
        ([(Use.CARRIED_OUT, timedelta(days=2), "")], "carried out 2026-11-29 09:00", Tone.GOOD),
        (
            [(Use.CARRIED_OUT, timedelta(days=300), ""), (Use.REHEARSED, timedelta(days=3), "")],
            "rehearsed 2026-11-28 09:00; carried out 2026-02-04 09:00",
            Tone.GOOD,
        ),
        (
            [(Use.CARRIED_OUT, timedelta(days=2), "of other steps")],
            "carried out 2026-11-29 09:00; its steps were changed since",
            Tone.WAITING,
        ),
        (
            [(Use.REHEARSED, timedelta(days=200), "")],
            "rehearsed 2026-05-15 10:00; more than 180 d ago, so an operator must approve it",
            Tone.WAITING,
        ),
        (
            [(Use.CARRIED_OUT, timedelta(days=9), ""), (Use.FAILED, timedelta(days=1), "")],
            "failed 2026-11-30 09:00; carried out 2026-11-22 09:00",
            Tone.BAD,
        ),
        (
            [(Use.REHEARSAL_FAILED, timedelta(days=1), "")],
            "never: it was not carried out or rehearsed yet; its rehearsal failed 2026-11-30 09:00",
            Tone.BAD,
        ),
    ],
)
def test_an_instruction_says_when_it_last_worked(uses: Any, said: str, tone: Tone) -> None:
    dossier = example()
    found = made(dossier, proofs=proofs(dossier, *uses))
    cell = particulars(found, "Restart nginx", WORKED)
    assert (cell.text, cell.tone) == (said, tone)
    assert [row[2] for row in rows(grid(found, "Instructions and their proofs")) if row[1] == RESTART] == [said]


def test_without_records_no_instruction_claims_that_it_worked() -> None:
    found = made(example())
    assert particulars(found, "Restart nginx", WORKED).text == "unknown: no records were read"
    assert {row[2] for row in rows(grid(found, "Instructions and their proofs"))} == {"unknown: no records were read"}


def test_an_instruction_names_its_place_and_its_line_in_the_file() -> None:
    found = made(example(), lines=lines_of(SHOP))
    place = particulars(found, "Restart nginx", "In the dossier").text
    line = int(place.rsplit("line ", 1)[1].rstrip(")"))
    assert place.startswith("instructions.troubleshooting.web-down.remedies.restart-web (shop.yaml, line ")
    assert SHOP.read_text().splitlines()[line - 1].strip() == "restart-web:"
    assert particulars(made(example()), "Restart nginx", "In the dossier").text == place.split(" (")[0]


def test_the_first_page_says_whom_to_call() -> None:
    table = rows(grid(made(example()), "Whom to call now (P1)"))
    assert [(row[0], row[1].split("\n")[0], row[3]) for row in table] == [
        ("1", "Driftbolaget's on-call engineer", "+46 8 465 004 10"),
        ("2", "Jonas Berg", "+46 70 174 06 01"),
        ("3", "Karin Holm", "+46 70 174 06 12"),
        ("3", "Oskar Lind", "+46 70 174 06 13"),
    ]


def test_what_breaks_with_a_component() -> None:
    table = {row[0]: row[1:] for row in rows(grid(made(example()), "What breaks if a component does"))}
    both = "A visitor places an order\nA visitor looks at the catalogue"
    assert table["PostgreSQL 15"] == ["Shop application, Web server", both, "P1", "The database does not answer"]
    assert table["Card payments"][0] == "nothing else"


def test_limits_show_the_priority_that_an_alarm_gets() -> None:
    table = rows(grid(made(example(), Language.SWEDISH), "Gränser"))
    assert [
        "web-page",
        "svarstid > 1\u00a0500\u00a0ms",
        "5 min",
        "varning",
        "P2",
        "svarstid < 1\u00a0000\u00a0ms, 5 min",
    ] in table
    assert ["db-disk", "värde > 95\u00a0%", "genast", "kritiskt", "P1", "villkoret är över"] in table


def test_the_application_starts_and_stops_in_the_order_of_its_dependencies() -> None:
    def without_order(data: dict[str, Any]) -> None:
        data["instructions"]["start_up"] = data["instructions"]["shut_down"] = {}

    for dossier in (example(), example(without_order)):
        found = made(dossier)
        start = [step.text for step in steps(found, "The components").steps]
        assert start == ["Start PostgreSQL 15", "Start Shop application", "Start Web server"]
        stop = [step.text for step in steps(found, "Stop the whole application").steps]
        assert stop == ["Stop Web server", "Stop Shop application", "Stop PostgreSQL 15"]


def test_a_step_has_its_command_check_and_undo() -> None:
    found = made(example())
    [step] = steps(found, "Remove old log archives").steps
    assert [label for label, _ in step.verbatim] == ["Command", "Check: the step is not needed if this succeeds"]
    routine = made(example())
    assert ("Undo", "/opt/shop/bin/install previous") in [
        pair
        for element in chapter(routine, "Change routines")
        for step in getattr(element, "steps", [])
        for pair in step.verbatim
    ]


def test_a_restore_compares_what_was_agreed_with_the_last_drill() -> None:
    last = LastRestore(
        NOW - timedelta(days=20), real=False, verified=True, as_agreed=False,
        lost=timedelta(hours=5), took=timedelta(hours=3, minutes=20),
    )  # fmt: skip
    dossier = example()
    found = made(dossier, proofs=proofs(dossier), restores={"database": last})
    title = "Restore the shop's database from a nightly dump"
    assert figures(found, title) == {
        "Data that may be lost at most (RPO)": ("1 d", "last achieved: 5 h"),
        "Time that it may take at most (RTO)": ("3 h", "last achieved: 3 h 20 min"),
        "Last drill": ("2026-11-11", "not as agreed"),
    }
    assert figures(found, "Restore the pictures of the goods")["Last drill"] == ("–", "never drilled")


def test_the_calendar_has_all_planned_work_of_twelve_months_and_the_freezes() -> None:
    found = made(example())
    planned = {row[1]: (row[2], row[5]) for row in rows(grid(found, "Planned work"))}
    assert planned["Security updates of the operating system"] == ("every month, first Sunday, 03:00", "12")
    [picture] = [e for e in chapter(found, "Maintenance calendar") if isinstance(e, Picture)]
    drawn = picture.draw()
    assert "2026-12-06: A, B" in drawn
    assert "2027-11-07: A, B" in drawn
    assert drawn.count('fill="url(#excused)"') == 17 + 8 + 9 + 1  # December, April, May, and the legend
    frozen = rows(grid(found, "Runs that cannot take place as planned"))
    assert {row[0] for row in frozen} == {"2027-05-02 03:00", "2027-05-02 04:00"}


def test_sixty_components_are_drawn_in_pictures_that_a_reader_can_follow() -> None:
    def large(data: dict[str, Any]) -> None:
        host = data["architecture"]["hosts"]["web1"]
        parts = {}
        for n in range(60):
            needs = [f"part-{m}" for m in (n + 1, n + 7) if m < 60]
            parts[f"part-{n}"] = {"name": f"Part {n}", "hosts": [f"host-{n}"] if n % 5 else [], "depends_on": needs}
        data["architecture"] = {
            "sites": {f"site-{n}": {"name": f"Hall {n}", "operated_by": "driftbolaget"} for n in range(2)},
            "hosts": {f"host-{n}": {**host, "site": f"site-{n % 2}"} for n in range(60) if n % 5},
            "components": parts,
        }
        data["agreement"]["availability"] = data["monitoring"] = data["instructions"] = {}
        data["routines"] = data["capacity"] = data["reports"] = {}
        data["agreement"]["freezes"] = []

    found = chapter(made(example(large)), "Architecture")
    pictures = [e for e in found if isinstance(e, Picture) and e.caption.startswith("Which component")]
    drawn = [picture.draw() for picture in pictures]
    boxes = [[n for n in range(60) if f'font-weight="700">Part {n}<' in one] for one in drawn]
    assert sorted(n for found_in_one in boxes for n in found_in_one) == list(range(60))
    assert [len(one) for one in boxes] == [12, 24, 24]
    assert all("also needs" in one for one in drawn)
    assert [e.title for e in found if isinstance(e, Heading) and e.level == 2] == [
        "Components without a server of ours",
        "Hall 1",
        "Hall 0",
    ]
