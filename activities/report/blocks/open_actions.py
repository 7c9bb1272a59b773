"""The actions that are open at the end of the period, with owner and due time."""

from __future__ import annotations

from activities.documents.elements import Cell, Element, Grid, KeyFigures, Said, Tone
from activities.report.blocks import ReportPart, reports
from activities.report.layout import Layout
from activities.report.open_actions import open_actions
from activities.report.open_actions.action import OpenAction
from activities.report.sources import ReportSources
from models.base import Model
from models.report import Figure
from models.report_blocks import OpenActionsBlock


class OpenActionsFacts(Model):
    """The open actions at the end of the period."""

    open: Figure
    overdue: Figure
    actions: list[OpenAction]
    most: int


def gather(block: OpenActionsBlock, sources: ReportSources) -> OpenActionsFacts:
    """Every concept adds its actions by a file in `activities/report/open_actions/`."""
    actions = open_actions(sources)

    def counted(rule: str, found: list[OpenAction]) -> Figure:
        ids = dict.fromkeys(one.id for one in found if one.id)
        return Figure(value=len(found), rule=f"open_actions.{rule}", evidence=list(ids))

    return OpenActionsFacts(
        open=counted("open", actions),
        overdue=counted("overdue", [one for one in actions if one.overdue]),
        actions=actions,
        most=block.most,
    )


def lay_out(facts: OpenActionsFacts, layout: Layout) -> list[Element]:
    """The counts and the table."""
    say = layout.say
    if not facts.actions:
        return [Said(say("nothing_open"))]
    rows = [
        [
            Cell(say(f"do.{one.do}") if layout.has(f"do.{one.do}") else one.do),
            layout.evidence(one.title, one.id) if one.id else Cell(one.title),
            Cell(one.owner or say("nobody")),
            layout.moment(one.since),
            layout.moment(one.due, Tone.BAD if one.overdue else Tone.PLAIN),
            Cell(say("is_overdue"), Tone.BAD) if one.overdue else Cell(""),
        ]
        for one in facts.actions[: facts.most]
    ]
    head = ["do", "what", "owner", "since", "due", "state"]
    figures = [layout.key_figure(say(key), getattr(facts, key)) for key in ("open", "overdue")]
    table = Grid(say("listed"), [say(key) for key in head], rows, wide=[1])
    return [KeyFigures(say("title"), figures), table, *layout.left_out(len(facts.actions) - facts.most)]


reports(
    OpenActionsBlock,
    ReportPart(
        title=("Open actions", "Öppna åtgärder"),
        facts=OpenActionsFacts,
        gather=gather,
        elements=lay_out,
        words={
            "nothing_open": (
                "No action was open at the end of the period.",
                "Ingen åtgärd var öppen vid periodens slut.",
            ),
            "open": ("Open", "Öppna"),
            "overdue": ("Overdue", "Försenade"),
            "listed": ("The open actions", "De öppna åtgärderna"),
            "do": ("Action", "Åtgärd"),
            "what": ("What", "Vad"),
            "owner": ("Owner", "Ansvarig"),
            "nobody": ("nobody yet", "ingen ännu"),
            "since": ("Since", "Sedan"),
            "due": ("Due", "Ska vara klar"),
            "state": ("State", "Läge"),
            "is_overdue": ("overdue", "försenad"),
            "do.restore": ("Restore the service", "Återställ tjänsten"),
            "do.close": ("Close the incident", "Stäng incidenten"),
            "do.change": ("Implement the change", "Genomför ändringen"),
            "do.review": ("Review the change", "Följ upp ändringen"),
            "do.maintenance": ("Finish the maintenance run", "Slutför underhållet"),
            "do.drill": ("Hold the overdue drill", "Genomför det försenade provet"),
            "do.drill-again": ("Hold the drill again: it was not passed", "Gör om provet: det godkändes inte"),
        },
        rules={
            "open": (
                "Incidents, changes, reviews and maintenance runs that were not over at the end of the period, overdue drills, "
                "and restores whose last drill was not passed.",
                "Incidenter, ändringar, uppföljningar och underhåll som inte var klara vid periodens slut, försenade prov, och "
                "återläsningar vars senaste prov inte godkändes.",
            ),
            "overdue": (
                "Open actions whose time was up at the end of the period.",
                "Öppna åtgärder vars tid hade gått ut vid periodens slut.",
            ),
        },
    ),
)
