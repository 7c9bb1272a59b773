"""`driftvakt restore`: restore from a backup, and list restore points and past restores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from starter.operation.following import NoWait, Reason, Rehearse, finish, start_and_follow
from starter.terminal.options import (
    WENT_WRONG,
    Application,
    AsJson,
    By,
    echo_json,
    in_session,
    print_list,
    stop,
    who_orders,
)

if TYPE_CHECKING:
    from models.operation import OperationOutcome
    from starter.restore.service import ProofLine
    from starter.terminal.session import CommandSession

app = typer.Typer(help="Restore from backup, and see what can be restored.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Restore instruction, as the dossier names it.", show_default=False)]
Point = Annotated[
    str | None,
    typer.Option(
        help="latest, the id of a restore point, or a time with its zone: 2026-01-31T02:00:00Z.",
        show_default="Driftvakt asks people",
    ),
]


@app.command()
def points(application: Application, name: Name, by: By = None, as_json: AsJson = False) -> None:
    """List the available restore points, the newest first; changes nothing."""
    fields = {"application": application, "restore": name, "points_only": True, "rehearse": True}
    outcome = in_session(lambda session: start(session, "restore", fields, by, wait=True, as_json=as_json))
    assert outcome is not None
    found = outcome.data.get("points")
    if found is None:
        stop(outcome.summary, WENT_WRONG)
    if as_json:
        echo_json(found)
        return
    from models.restores import RestorePoint
    from starter.restore.page import show_points

    show_points([RestorePoint.model_validate(point) for point in found])


@app.command()
def run(
    application: Application,
    name: Name,
    point: Point = None,
    by: By = None,
    reason: Reason = "",
    rehearse: Rehearse = False,
    no_wait: NoWait = False,
    as_json: AsJson = False,
) -> None:
    """Restore, once the owner of the data has approved it; the existing data is kept. Shows the progress while it runs."""
    fields = {"application": application, "restore": name, "point": point, "reason": reason, "rehearse": rehearse}
    finish(
        in_session(lambda session: start(session, "restore", fields, by, wait=not no_wait, as_json=as_json)), as_json
    )


@app.command("rehearse")
def rehearse_(
    application: Application, name: Name, point: Point = "latest", by: By = None, as_json: AsJson = False
) -> None:
    """Read the backup, and show every command that a restore would run and who would be asked; changes nothing."""
    fields = {"application": application, "restore": name, "point": point, "rehearse": True}
    finish(in_session(lambda session: start(session, "restore", fields, by, wait=True, as_json=as_json)), as_json)


@app.command()
def show(application: Application, name: Name, as_json: AsJson = False) -> None:
    """Show the results of the restores by this instruction, the latest first."""

    def show(lines: Sequence[ProofLine]) -> None:
        from starter.restore.page import show_trend

        show_trend(lines)

    lines = in_session(lambda session: held_of(session, "restore", application, name))
    print_list(
        lines,
        as_json,
        f"{name} of {application} has never been restored; `driftvakt drill trend` shows its drills",
        show,
    )


async def start(
    session: CommandSession, kind: str, fields: dict[str, Any], by: str | None, *, wait: bool, as_json: bool
) -> OperationOutcome | None:
    """Check the options, then start a restore or a drill. Return its outcome; None without `wait`."""
    from models.operation_kinds import DRILL, operation_kinds
    from starter.operation.starting import time_key
    from starter.restore.service import require_point, require_restore
    from starter.terminal.messages import build_message

    application, name = str(fields["application"]), str(fields["restore"])
    title = require_restore(session, application, name).title
    found = operation_kinds()[kind]
    if fields.get("point") is not None:
        require_point(str(fields["point"]))
    given = {key: value for key, value in fields.items() if value is not None}
    order = build_message(found.order, {"by": who_orders(session, by, application), **given})
    key = f"{name}.{time_key()}"
    title = f"Drill: {title}" if found == DRILL else title
    return await start_and_follow(session, found, order, key, title, wait=wait, as_json=as_json)


async def held_of(session: CommandSession, kind: str, application: str, name: str) -> list[ProofLine]:
    """Return the results of an instruction's restores, or of its drills."""
    from models.operation_kinds import operation_kinds
    from starter.restore.service import held, require_restore

    require_restore(session, application, name)
    return held(session.records, application, name, operation_kinds()[kind])
