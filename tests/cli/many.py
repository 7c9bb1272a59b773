"""Many commands given in one process, each as the shell would give it: a process for each would take most of the time."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from models.settings import Settings

_ROOT = Path(__file__).parents[2]

_RUN = """
import base64, io, json, sys
from starter import cli
results = []
for encoding, arguments in json.load(sys.stdin):
    out, err = io.BytesIO(), io.BytesIO()
    before = sys.stdout, sys.stderr, sys.argv
    sys.stdout, sys.stderr = io.TextIOWrapper(out, encoding), io.TextIOWrapper(err, encoding)
    sys.argv = ["driftvakt", *arguments]
    code = 0
    try:
        cli.main()
    except SystemExit as ended:
        code = ended.code or 0
    except BaseException:
        import traceback
        traceback.print_exc()
        code = 99
    sys.stdout.flush()
    sys.stderr.flush()
    results.append([code, *(base64.b64encode(b.getvalue()).decode() for b in (out, err))])
    sys.stdout, sys.stderr, sys.argv = before
json.dump(results, sys.stdout)
"""


@dataclass
class Said:
    """What a command answered."""

    code: int
    out: bytes
    err: bytes


def give_all(directory: Path, orders: Sequence[tuple[str, Sequence[str]]], environment: dict[str, str]) -> list[Said]:
    """Give commands one after the other in a directory; each order is the terminal's encoding and the arguments."""
    ran = subprocess.run(
        [sys.executable, "-c", _RUN],
        input=json.dumps(orders).encode(),
        cwd=directory,
        env=environment,
        capture_output=True,
        timeout=400,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr.decode()
    answers = json.loads(ran.stdout)
    return [Said(code, base64.b64decode(out), base64.b64decode(err)) for code, out, err in answers]


def in_c_locale(settings: Settings, user: str) -> dict[str, str]:
    """The environment of somebody at this installation, with no setting of anybody else."""
    kept = {
        k: v for k, v in os.environ.items() if not k.startswith(("DRIFTVAKT_", "TEMPORAL_", "LC_", "LANG", "PYTHON"))
    }
    return kept | {
        "LC_ALL": "C",
        "PYTHONCOERCECLOCALE": "0",
        "PYTHONUTF8": "0",
        "PYTHONPATH": str(_ROOT),
        "DRIFTVAKT_HOME": str(settings.home),
        "DRIFTVAKT_USER": user,
        "DRIFTVAKT_TEMPORAL_PORT": str(settings.temporal_port),
        "DRIFTVAKT_TEMPORAL_UI_PORT": str(settings.temporal_ui_port),
        "DRIFTVAKT_TEMPORAL_METRICS_PORT": str(settings.temporal_metrics_port),
        "DRIFTVAKT_INTAKE_PORT": str(settings.intake_port),
    }
