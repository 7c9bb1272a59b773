"""The same document gives the same bytes in every format, whatever the process, its time zone, language and home."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import ROOT

PROGRAM = """
import hashlib, json
from activities.documents.csv import csv_archive
from activities.documents.markdown import markdown
from activities.documents.page import page
from activities.documents.pdf import AttachedFile, pdf
from activities.documents.xlsx import xlsx
from models.dossier.parties import Language
from tests.documents.sample import sample

made = sample(Language.SWEDISH)
facts = [AttachedFile("facts.json", '{"down": 1080}', "The facts")]
formats = {"md": markdown(made).encode(), "html": page(made).encode(), "csv": csv_archive(made)}
formats |= {"pdf": pdf(made, facts), "xlsx": xlsx(made)}
print(json.dumps({name: hashlib.sha256(content).hexdigest() for name, content in formats.items()}))
"""


@pytest.mark.slow
def test_two_processes_that_differ_in_everything_write_the_same_bytes(tmp_path: Path) -> None:
    def digests(**settings: str) -> dict[str, str]:
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **settings}
        told = subprocess.run(
            [sys.executable, "-c", PROGRAM], env=environment, cwd=tmp_path, capture_output=True, text=True, check=True
        )
        found: dict[str, str] = json.loads(told.stdout)
        return found

    one = digests(TZ="Pacific/Auckland", LANG="C", PYTHONHASHSEED="1", HOME=str(tmp_path / "nowhere"))
    other = digests(
        TZ="America/St_Johns", LANG="sv_SE.UTF-8", LC_ALL="sv_SE.UTF-8", PYTHONHASHSEED="77", RAYON_NUM_THREADS="1"
    )

    assert sorted(one) == ["csv", "html", "md", "pdf", "xlsx"]
    assert one == other


def test_the_libraries_are_loaded_only_when_a_file_is_written() -> None:
    program = (
        "import sys, activities.documents.pdf, activities.documents.xlsx, activities.documents.blocks.clocks; "
        "print(sorted({'typst', 'xlsxwriter', 'jinja2'} & set(sys.modules)))"
    )
    told = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout == "[]\n"
