"""`driftvakt restore`: restore from backup, and see what can be restored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from starter.operation.following import NoWait, Reason, Rehearse, finish, start_and_follow
from starter.terminal.options import WENT_WRONG, Application, AsJson, By, at_desk, echo, echo_json, stop, who_orders

if TYPE_CHECKING:
    from models.operation import OperationOutcome
    from starter.desk import Desk
    from starter.restore.service import ProofLine

app = typer.Typer(help="Restore from backup, and see what can be restored.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Restore instruction, as the dossier names it.", show_default=False)]
Point = Annotated[
    str | None,
    typer.Option(
        help="latest, the id of a restore point, or a time with its zone: 2026-01-31T02:00:00Z.",
        show_default="people are asked",
    ),
]


@app.command()
def points(application: Application, name: Name, by: By = None, as_json: AsJson = False) -> None:
    """List the restore points there are, the newest first; changes nothing."""
    fields = {"application": application, "restore": name, "points_only": True, "rehearse": True}
    outcome = at_desk(lambda desk: start(desk, "restore", fields, by, wait=True, as_json=as_json))
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
    """Restore, once the data's owner has approved it; what exists is kept. Shows how far it has come while it runs."""
    fields = {"application": application, "restore": name, "point": point, "reason": reason, "rehearse": rehearse}
    finish(at_desk(lambda desk: start(desk, "restore", fields, by, wait=not no_wait, as_json=as_json)), as_json)


@app.command("rehearse")
def rehearse_(
    application: Application, name: Name, point: Point = "latest", by: By = None, as_json: AsJson = False
) -> None:
    """Look into the backup, and show every command that a restore would run and who would be asked; changes nothing."""
    fields = {"application": application, "restore": name, "point": point, "rehearse": True}
    finish(at_desk(lambda desk: start(desk, "restore", fields, by, wait=True, as_json=as_json)), as_json)


@app.command()
def show(application: Application, name: Name, as_json: AsJson = False) -> None:
    """Show what restores of this instruction have achieved, the latest first."""
    lines = at_desk(lambda desk: held_of(desk, "restore", application, name))
    if as_json:
        echo_json([line.model_dump(mode="json") for line in lines])
    elif not lines:
        echo(f"{name} of {application} has never been restored; `driftvakt drill trend` shows its drills")
    else:
        from starter.restore.page import show_trend

        show_trend(lines)


async def start(
    desk: Desk, kind: str, fields: dict[str, Any], by: str | None, *, wait: bool, as_json: bool
) -> OperationOutcome | None:
    """Start a restore, or a drill of one, once all that was given names something that there may be."""
    from models.operation import OperationKind
    from models.restores import DrillOrder, RestoreOrder
    from starter.desk import made
    from starter.operation.starting import by_the_clock
    from starter.restore.service import require_point, require_restore

    application, name = str(fields["application"]), str(fields["restore"])
    title = require_restore(desk, application, name).title
    drilled = kind == OperationKind.DRILL.value
    if fields.get("point") is not None:
        require_point(str(fields["point"]))
    given = {key: value for key, value in fields.items() if value is not None}
    order = made(DrillOrder if drilled else RestoreOrder, by=who_orders(desk, by, application), **given)
    key = f"{name}.{by_the_clock()}"
    title = f"Drill: {title}" if drilled else title
    return await start_and_follow(desk, OperationKind(kind), order, key, title, wait=wait, as_json=as_json)


async def held_of(desk: Desk, kind: str, application: str, name: str) -> list[ProofLine]:
    """What the restores of an instruction, or its drills, have achieved."""
    from models.operation import OperationKind
    from starter.restore.service import held, require_restore

    require_restore(desk, application, name)
    return held(desk.records, application, name, OperationKind(kind))
