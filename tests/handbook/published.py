"""Writes the pictures of docs/handbook.md and the handbooks in examples/: `python -m tests.handbook.published`.

The pictures are pages of the PDF of an example.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import typst

from activities.documents import pdf
from activities.documents.elements import Document
from activities.documents.page import page
from activities.documents.typesetting import typeset
from activities.handbook.source import LastRestore
from models.dossier.parties import Language
from models.dossier.provable import provable
from models.proof import Proof, Use, freshness
from starter.handbook.lines import lines_of
from tests.handbook.samples import NOW, SHOP, example, made
from tests.ui.small_png import shrink

INTO = Path(__file__).parents[2] / "docs" / "pictures"
PAGES = {"handbook-first-page": "1", "handbook-flows": "5", "handbook-troubleshooting": "7", "handbook-restore": "12"}


def shown(language: Language = Language.ENGLISH, *, customer: bool = False) -> Document:
    """The handbook of the shop, whose instructions were used at different times."""
    dossier = example()
    used = {
        "remedy/web-down/restart-web": [(Use.CARRIED_OUT, 12), (Use.REHEARSED, 40)],
        "remedy/app-down/restart-app": [(Use.REHEARSED, 205)],
        "remedy/app-down/restart-all": [(Use.CARRIED_OUT, 90), (Use.FAILED, 3)],
        "start-up": [(Use.CARRIED_OUT, 60)],
        "shut-down": [(Use.CARRIED_OUT, 60)],
        "restore/database": [(Use.CARRIED_OUT, 30)],
    }
    proofs = {}
    for name, one in provable(dossier).items():
        uses = [
            Proof(use=use, at=NOW - timedelta(days=days), operation="", dossier=dossier.digest, digest=one.digest)
            for use, days in used.get(name, [])
        ]
        fresh_for = dossier.instructions.fresh_for
        proofs[name] = freshness(dossier.id, name, one.title, one.digest, fresh_for, uses, NOW)
    drill = LastRestore(
        at=NOW - timedelta(days=30),
        real=False,
        verified=True,
        as_agreed=True,
        lost=timedelta(hours=5, minutes=10),
        took=timedelta(minutes=48),
    )
    lines = lines_of(SHOP)
    return made(dossier, language, customer=customer, proofs=proofs, restores={"database": drill}, lines=lines)


def samples() -> dict[Path, str]:
    """The handbooks in examples/: ours in English, and the customer's copy in Swedish."""
    return {
        SHOP.parent / "shop-handbook.html": page(shown()),
        SHOP.parent / "shop-handbook-customer.sv.html": page(shown(Language.SWEDISH, customer=True)),
    }


def main() -> None:
    """Typeset the handbook, and write its pages and the samples."""
    for path, text in samples().items():
        path.write_text(text, encoding="utf-8")
    inputs = {"document": pdf._json(typeset(shown())), "attachments": "[]"}
    pages = typst.compile(
        pdf._template(),
        font_paths=pdf._fonts(),
        ignore_system_fonts=True,
        format="png",
        ppi=96,
        sys_inputs=inputs,
    )
    with TemporaryDirectory() as folder:
        for name, number in PAGES.items():
            shot = Path(folder) / f"{name}.png"
            shot.write_bytes(pages[int(number) - 1])
            shrink(shot, INTO / shot.name)


if __name__ == "__main__":
    main()
