"""The post-incident report as a document: its blocks in the order in which they are read."""

from __future__ import annotations

from typing import Final

from activities.documents.blocks import added_blocks, sections
from activities.documents.elements import Document
from activities.documents.translation import Translation
from models.post_incident_report import PostIncidentReport, Standpoint

DOCUMENT: Final = "post-incident-report"
"""Its name, for blocks of packages that it shows."""

_FIRST: Final = (
    "summary",
    "targets",
    "clocks",
    "waiting",
    "timeline",
    "decisions",
    "commands",
    "notices",
    "alarms",
)
_LAST: Final = ("evidence",)
"""Ends with the part for programs, so nothing may follow it."""

_WORDS: Final = {
    "report": ("Post-incident report {0}", "Incidentrapport {0}"),
    "preliminary": (
        "Preliminary: the incident is open. The report shows its state at {0}, and is not sealed.",
        "Preliminär: incidenten pågår. Så här stod det {0}; inget av detta är slutligt.",
    ),
    "not_written": (
        "No post-incident report was written when this incident was closed. This one was made from the records "
        "at {0} and is not sealed.",
        "Ingen incidentrapport skrevs när incidenten avslutades. Den här är gjord i efterhand {0} och är inte "
        "förseglad.",
    ),
    "copy": (
        "Copy for {0}, made at {1}. It leaves out internal information of the supplier.",
        "Kopia för {0}, gjord {1}. Det som är internt hos leverantören är utelämnat.",
    ),
    "copy_of": (
        "It is made from the same records as the supplier's post-incident report, whose digest (SHA-256) is "
        "{0}. The copy itself is not stored.",
        "Den är gjord av samma uppgifter som leverantörens incidentrapport, vars kontrollsumma (SHA-256) är "
        "{0}. Själva kopian lagras inte.",
    ),
    "copy_of_none": (
        "The supplier's own post-incident report has no digest: {0}",
        "Leverantörens egen incidentrapport har ingen kontrollsumma: {0}",
    ),
    "is_open": ("the incident is open.", "incidenten pågår."),
    "none_written": ("none was written when the incident was closed.", "ingen skrevs när incidenten avslutades."),
    "page_digest": ("The page of this report (HTML) has the SHA-256 {0}.", ""),
    "sealed": (
        "The records keep the SHA-256 of the Markdown of this report, which names that of the page; 'driftvakt "
        "incident report {0} --version {1} --verify' checks both, and computes the targets again.",
        "",
    ),
}


def document(report: PostIncidentReport, page_digest: str = "") -> Document:
    """Return a post-incident report as a document. `page_digest` is the digest of its HTML page, which the Markdown contains."""
    say = Translation(report.language, report.zone, _WORDS)
    names = (*_FIRST, *added_blocks(DOCUMENT), *_LAST)
    return Document(
        title=say("report", report.head.incident.removeprefix("inc.")),
        language=report.language.value,
        banner=_banner(report, say),
        sections=sections(names, report, report.language, report.zone),
        closing=_closing(report, say, page_digest),
    )


def _banner(report: PostIncidentReport, say: Translation) -> str:
    at = say.moment(report.at)
    notes = {Standpoint.PRELIMINARY: say("preliminary", at), Standpoint.NOT_WRITTEN: say("not_written", at)}
    said = [say("copy", report.head.customer, at)] if report.for_customer else []
    if not report.for_customer or report.standpoint is Standpoint.PRELIMINARY:
        said += [notes[report.standpoint]] if report.standpoint in notes else []
    return " ".join(said)


def _closing(report: PostIncidentReport, say: Translation, page_digest: str) -> list[str]:
    if report.for_customer:
        if report.internal_digest:
            return [say("copy_of", report.internal_digest)]
        why = "is_open" if report.standpoint is Standpoint.PRELIMINARY else "none_written"
        return [say("copy_of_none", say(why))]
    if report.standpoint is not Standpoint.FINAL:
        return []
    sealed = say("sealed", report.head.incident.removeprefix("inc."), report.version)
    return [*([say("page_digest", page_digest)] if page_digest else []), sealed]
