"""The instructions of the dossier: which are proven to work, and which are stale."""

from __future__ import annotations

from datetime import timedelta

from activities.documents.elements import Cell, Element, Grid, KeyFigures, Said, Tone
from activities.report.blocks import ReportPart, reports
from activities.report.layout import Layout
from activities.report.sources import ReportSources
from models.base import Model
from models.proof import Freshness, Proof
from models.report import BlockVerdict, EvidenceRecord, Figure, ReportVerdict, Second
from models.report_blocks import DocumentationBlock


class ListedInstruction(Model):
    """An instruction in the table."""

    key: str
    """`remedy/web-down/restart`."""
    title: str
    proven_at: Second | None
    """The last time at which it was rehearsed or carried out without a failure."""
    failed_at: Second | None
    stale: bool


class DocumentationFacts(Model):
    """The instructions at the end of the period."""

    instructions: Figure
    fresh: Figure
    stale: Figure
    never: Figure
    listed: list[ListedInstruction]


def gather(block: DocumentationBlock, sources: ReportSources) -> DocumentationFacts:
    """By the dossier in force at the end of the period, and by the proofs until then."""
    as_of = sources.period.until - timedelta(seconds=1)
    found = list(sources.records.freshness(sources.at_the_end, as_of).values())
    stale = [one for one in found if one.stale]
    listed = stale if block.stale_only else found
    return DocumentationFacts(
        instructions=_count("instructions", found, sources),
        fresh=_count("fresh", [one for one in found if not one.stale], sources),
        stale=_count("stale", stale, sources),
        never=_count("never", [one for one in stale if _proven(one) is None], sources),
        listed=[
            ListedInstruction(
                key=one.instruction,
                title=sources.text(one.title),
                proven_at=proof.at if (proof := _proven(one)) else None,
                failed_at=one.failed.at if one.failed else None,
                stale=bool(one.stale),
            )
            for one in sorted(listed, key=lambda one: (not one.stale, one.instruction))
        ],
    )


def _proven(one: Freshness) -> Proof | None:
    proofs = [proof for proof in (one.rehearsed, one.carried_out, one.did_not_help) if proof is not None]
    return max(proofs, key=lambda proof: proof.at, default=None)


def _count(rule: str, found: list[Freshness], sources: ReportSources) -> Figure:
    return sources.count(f"documentation.{rule}", [_cited(one, sources) for one in found])


def _cited(one: Freshness, sources: ReportSources) -> str:
    proof = _proven(one)
    record = EvidenceRecord(
        kind="instruction", title=sources.text(one.title), since=proof.at if proof else None, digest=one.digest
    )
    return sources.cite(f"{sources.application} {one.instruction}", record)


def verdicts(facts: DocumentationFacts) -> list[BlockVerdict]:
    """Missed if an instruction is stale."""
    verdict = ReportVerdict.MISSED if facts.stale.value else ReportVerdict.MET
    if not facts.instructions.value:
        verdict = ReportVerdict.NOTHING
    figures = [facts.instructions, facts.fresh, facts.stale]
    return [BlockVerdict(key="instructions", about="about", verdict=verdict, figures=figures)]


def lay_out(facts: DocumentationFacts, layout: Layout) -> list[Element]:
    """The counts, and the instructions."""
    say = layout.say
    if not facts.instructions.value:
        return [Said(say("no_instructions"))]
    keys = ("instructions", "fresh", "stale", "never")
    figures = [layout.key_figure(say(key), getattr(facts, key)) for key in keys]
    rows = [
        [
            layout.evidence(one.title, f"{layout.report.application} {one.key}"),
            Cell(one.key),
            layout.moment(one.proven_at),
            layout.moment(one.failed_at),
            Cell(say("is_stale") if one.stale else say("is_fresh"), Tone.BAD if one.stale else Tone.GOOD),
        ]
        for one in facts.listed
    ]
    head = [say(key) for key in ("instruction", "name", "proven_at", "failed_at", "became")]
    return [KeyFigures(say("title"), figures), *([Grid(say("listed"), head, rows, wide=[0])] if rows else [])]


reports(
    DocumentationBlock,
    ReportPart(
        title=("Instructions", "Instruktioner"),
        facts=DocumentationFacts,
        gather=gather,
        elements=lay_out,
        verdicts=verdicts,
        words={
            "about": ("Instructions are proven", "Instruktioner är prövade"),
            "no_instructions": ("The dossier has no instructions.", "Dossiern har inga instruktioner."),
            "instructions": ("Instructions", "Instruktioner"),
            "fresh": ("Proven", "Prövade"),
            "stale": ("Stale", "Inaktuella"),
            "never": ("Never proven", "Aldrig prövade"),
            "listed": ("The instructions", "Instruktionerna"),
            "instruction": ("Instruction", "Instruktion"),
            "name": ("Name", "Namn"),
            "proven_at": ("Last proven", "Senast prövad"),
            "failed_at": ("Last failed", "Senast misslyckad"),
            "is_stale": ("stale", "inaktuell"),
            "is_fresh": ("proven", "prövad"),
        },
        rules={
            "instructions": (
                "The instructions of the dossier that was in force at the end of the period.",
                "Instruktionerna i den dossier som gällde vid periodens slut.",
            ),
            "fresh": (
                "Instructions that were rehearsed or carried out as they are written now, within the agreed time before the "
                "end of the period, and that have not failed since.",
                "Instruktioner som övats eller genomförts som de är skrivna nu, inom avtalad tid före periodens slut, och som "
                "inte har misslyckats sedan dess.",
            ),
            "stale": (
                "All other instructions.",
                "Alla andra instruktioner.",
            ),
            "never": (
                "Stale instructions that were never rehearsed or carried out without a failure.",
                "Inaktuella instruktioner som aldrig övats eller genomförts utan fel.",
            ),
        },
    ),
)
