"""Restoring: each restore with its agreed restore point and restore time, the last achieved ones, and its steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from activities.documents.elements import NO_VALUE, Cell, Element, Heading, KeyFigure, KeyFigures, Procedure, Said, Tone
from activities.handbook.backups import BACKUPS, exchange, list_and_restore, proving_shell, source_text, stops_itself
from activities.handbook.layout import Chapter, HandbookLayout, instruction_anchor
from activities.handbook.steps import STEPS, by_hand, procedure, started
from activities.restore.drills import next_at
from models.dossier.backups import PostgresqlBase
from models.dossier.instructions import OwnBackup, Restore


def elements(layout: HandbookLayout) -> Sequence[Element]:
    """Every restore of the dossier."""
    found = layout.dossier.instructions.restore
    if not found:
        return []
    return [Said(layout.say("about")), *(e for name, one in found.items() for e in _restore(layout, name, one))]


def _restore(layout: HandbookLayout, name: str, restore: Restore) -> Iterator[Element]:
    say = layout.say
    proof = f"restore/{name}"
    yield Heading(layout.text(restore.title), anchor=instruction_anchor(proof))
    yield KeyFigures(layout.text(restore.title), _figures(layout, name, restore))
    yield layout.particulars(
        proof,
        ("instructions", "restore", name),
        layout.approval(restore.approval),
        f"driftvakt restore run {layout.dossier.id} {name} --point latest --reason TEXT",
        (say("data_of"), Cell(layout.component(restore.component))),
        (say("backup"), Cell(source_text(layout, restore))),
        (say("oldest"), Cell(layout.span(restore.oldest))),
        (say("drilled"), Cell(_drilled(layout, restore))),
    )
    yield from _steps(layout, restore)


def _figures(layout: HandbookLayout, name: str, restore: Restore) -> list[KeyFigure]:
    say, last = layout.say, layout.source.restores.get(name)
    found = [
        _agreed(layout, "point", restore.restore_point, last.lost if last else None, known=last is not None),
        _agreed(layout, "time", restore.restore_time, last.took if last else None, known=last is not None),
    ]
    if last is None:
        unread = layout.source.proofs is None
        verdict = say("no_records") if unread else say("never_drilled")
        return [*found, KeyFigure(say("last"), Cell(NO_VALUE), verdict, Tone.WAITING if unread else Tone.BAD)]
    verdict = say("as_agreed") if last.as_agreed else say("not_agreed" if last.verified else "not_verified")
    tone = Tone.GOOD if last.as_agreed else Tone.BAD
    kind = say("last_real") if last.real else say("last")
    return [*found, KeyFigure(kind, Cell(say.minute(last.at)[:10]), verdict, tone)]


def _agreed(
    layout: HandbookLayout, key: str, agreed: timedelta, achieved: timedelta | None, *, known: bool
) -> KeyFigure:
    say = layout.say
    if achieved is None:
        verdict = say("not_measured") if known or layout.source.proofs is not None else ""
        return KeyFigure(say(f"agreed_{key}"), Cell(layout.span(agreed)), verdict, Tone.WAITING)
    tone = Tone.GOOD if achieved <= agreed else Tone.BAD
    return KeyFigure(say(f"agreed_{key}"), Cell(layout.span(agreed)), say("achieved", layout.span(achieved)), tone)


def _drilled(layout: HandbookLayout, restore: Restore) -> str:
    say = layout.say
    if restore.drill is None:
        return say("no_drill")
    following = next_at(restore, layout.dossier.agreement.working_days(None), layout.source.as_of)
    when = layout.frequency(restore.drill.frequency)
    return say("drilled_next", when, say.minute(following)) if following else when


def _steps(layout: HandbookLayout, restore: Restore) -> Iterator[Element]:
    say, source = layout.say, restore.source
    stopped = _to_stop(layout, restore)
    yield Heading(say("steps"), level=2)
    yield Said(say("by_hand" if not layout.customer else "by_driftvakt"))
    yield by_hand(layout, list_and_restore(layout, restore))
    if isinstance(source, OwnBackup):
        if source.keep:
            yield Heading(say("keep"), level=2)
            yield procedure(layout, source.keep)
        yield from _stopping(layout, stopped, starts=False)
        yield Heading(say("own_steps"), level=2)
        yield procedure(layout, source.steps)
    yield Heading(say("prove"), level=2)
    with_ = proving_shell(restore)
    if with_ and not layout.customer:
        yield Said(say("prove_with", with_))
    yield procedure(layout, restore.verify, place=layout.component(restore.component))
    if not isinstance(source, OwnBackup):
        yield from _stopping(layout, stopped, starts=False)
        yield Heading(say("exchange"), level=2)
        yield by_hand(layout, exchange(layout, restore))
    yield from _stopping(layout, stopped, starts=True)
    if isinstance(source, OwnBackup) and source.put_back:
        yield Heading(say("put_back"), level=2)
        yield procedure(layout, source.put_back)


def _to_stop(layout: HandbookLayout, restore: Restore) -> list[str]:
    """Return the components that are stopped, in order: those of the dossier, otherwise all that need the restored one."""
    architecture = layout.dossier.architecture
    named = [name for group in restore.stop for name in group]
    itself = [restore.component] if stops_itself(restore) and restore.component not in named else []
    if named:
        return [*named, *itself] if isinstance(restore.source, PostgresqlBase) else named
    return [*architecture.dependencies.dependants(restore.component)[::-1], *itself]


def _stopping(layout: HandbookLayout, names: list[str], *, starts: bool) -> Iterator[Element]:
    able = [name for name in names if layout.dossier.architecture.components[name].control is not None]
    if able:
        yield Heading(layout.say("start" if starts else "stop"), level=2)
        order = able[::-1] if starts else able
        yield Procedure([started(layout, name, starts=starts, fact="") for name in order])


CHAPTER = Chapter(
    "restoring",
    ("Restore", "Återläsning"),
    elements,
    {
        **STEPS,
        **BACKUPS,
        "about": (
            "Driftvakt restores beside the current data, proves the result, and only then puts it in place. The previous data is "
            "kept.",
            "Driftvakt läser tillbaka bredvid nuvarande data, prövar resultatet, och lägger det först därefter på plats. Det "
            "tidigare behålls.",
        ),
        "agreed_point": ("Data that may be lost at most (RPO)", "Data som högst får förloras (RPO)"),
        "agreed_time": ("Time that it may take at most (RTO)", "Tid som det högst får ta (RTO)"),
        "achieved": ("last achieved: {0}", "senast uppnått: {0}"),
        "not_measured": ("never measured", "aldrig uppmätt"),
        "last": ("Last drill", "Senaste prov"),
        "last_real": ("Last restore", "Senaste återläsning"),
        "never_drilled": ("never drilled", "aldrig prövad"),
        "as_agreed": ("as agreed", "enligt avtal"),
        "not_agreed": ("not as agreed", "inte enligt avtal"),
        "not_verified": ("the data was not verified", "data verifierades inte"),
        "data_of": ("Data of", "Data i"),
        "backup": ("From", "Från"),
        "oldest": ("Older backups are refused", "Äldre kopior avvisas"),
        "drilled": ("Drilled", "Prövas"),
        "drilled_next": ("{0}; next on {1}", "{0}; nästa {1}"),
        "no_drill": ("no drill is agreed", "inget prov är avtalat"),
        "steps": ("Restore and prove", "Läs tillbaka och pröva"),
        "by_hand": (
            "Commands to use by hand if Driftvakt is down; it does the same with more checks. Replace the words in capitals.",
            "Kommandon för hand om Driftvakt är nere; det gör samma sak med fler kontroller. Byt ut orden i versaler.",
        ),
        "by_driftvakt": ("Driftvakt carries these steps out.", "Driftvakt utför dessa steg."),
        "keep": ("Keep the current data", "Behåll nuvarande data"),
        "own_steps": ("Restore", "Läs tillbaka"),
        "prove_with": ("By hand, run the commands in this shell: {0}", "För hand: kör kommandona i detta skal: {0}"),
        "prove": ("Prove the restored data", "Pröva det återlästa"),
        "stop": ("Stop what uses the data", "Stoppa det som använder data"),
        "exchange": ("Put the restored data in place", "Lägg det återlästa på plats"),
        "start": ("Start again", "Starta igen"),
        "put_back": ("Undo: put the kept data back", "Ångra: lägg tillbaka det som behölls"),
    },
    new_page=True,
)
