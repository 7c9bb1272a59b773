"""A draft of a report: its facts and files, and the text that people approve. Pure functions of data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from models.documents import DocumentFile
from models.report import Commentary
from models.report_order import GatheredFacts, RenderedReport, ReportSurvey


@dataclass(frozen=True)
class ReportDraft:
    """The facts of a report as they were gathered at one time, and the files made from them."""

    gathered: GatheredFacts
    rendered: RenderedReport
    commentary: Sequence[Commentary]

    @property
    def facts(self) -> str:
        """The digest of the facts."""
        return self.gathered.facts

    @property
    def sent(self) -> list[DocumentFile]:
        """The files that the receivers get."""
        return self.rendered.files[: self.rendered.attached]


def approval_text(draft: ReportDraft, terms: ReportSurvey, corrects: int) -> str:
    """Return what people approve: the digests of facts and files, the receivers, and what they must know about them.

    The most important parts come first, because pages cut long texts.
    """
    found = draft.gathered
    against = f"Changes against version {corrects}" if corrects else "Figures that differ from the last report"
    parts = [
        "\n".join(
            [
                f"{terms.title}, version {terms.version}",
                f"To: {', '.join(terms.receivers)}",
                f"Facts: {found.facts}",
                *(f"{file.name}: {file.digest}" for file in draft.sent),
                f"Preview: {draft.rendered.folder} in the home of the installation",
            ]
        ),
        _listed("Missing", found.missing),
        _listed("Verdicts that turned", found.turned),
        _listed("Commentary", [f"{one.text} ({one.by})" for one in draft.commentary]),
        _listed("Verdicts", found.verdicts),
        _listed(against, found.differences),
    ]
    return "\n\n".join(part for part in parts if part)


def _listed(title: str, found: Sequence[str]) -> str:
    return "\n".join([f"{title}:", *(f"- {line}" for line in found)]) if found else ""
