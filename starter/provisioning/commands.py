"""`driftvakt plan` and `driftvakt apply`: make the schedules match the published dossiers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from starter.terminal.options import AsJson, By, echo_json, in_session, who_asks

if TYPE_CHECKING:
    from models.schedules import SchedulePlan
    from starter.terminal.session import CommandSession

Applications = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="APPLICATION",
        help="Only these, each as CUSTOMER.APPLICATION.",
        show_default="every application whose dossier is published",
    ),
]


def plan(
    applications: Applications = None,
    check: Annotated[
        bool, typer.Option("--check", help="Exit 1 if there is anything to apply, or a manual edit.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show what `apply` would do: schedules to add, change and remove, their next runs, and manual edits."""
    found = in_session(lambda session: _plan(session, applications or []))
    _show(found, as_json, applied=False)
    if check and (found.changes or any(one.drift for one in found.schedules)):
        raise typer.Exit(1)


def apply(
    applications: Applications = None,
    unpause: Annotated[bool, typer.Option("--unpause", help="Resume schedules that were paused by hand.")] = False,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Add, change and remove schedules so that they match the published dossiers. A second `apply` changes nothing."""
    done = in_session(lambda session: _apply(session, applications or [], unpause, by))
    _show(done, as_json, applied=True, unpaused=unpause)


async def _plan(session: CommandSession, applications: list[str]) -> SchedulePlan:
    from starter.provisioning.applying import plan_schedules

    found, _ = await plan_schedules(session, applications)
    return found


async def _apply(session: CommandSession, applications: list[str], unpause: bool, by: str | None) -> SchedulePlan:
    from starter.provisioning.applying import apply_schedules

    return await apply_schedules(session, who_asks(session.settings, by), applications, unpause=unpause)


def _show(plan: SchedulePlan, as_json: bool, *, applied: bool, unpaused: bool = False) -> None:
    if as_json:
        echo_json(plan)
    else:
        from starter.provisioning.page import show_plan

        show_plan(plan, applied=applied, unpaused=unpaused)
    if plan.unreadable:
        raise typer.Exit(1)
