"""`driftvakt plan` and `driftvakt apply`: the schedules made to match the published dossiers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from starter.terminal.options import AsJson, By, at_desk, echo_json, who_asks

if TYPE_CHECKING:
    from models.schedules import SchedulePlan
    from starter.desk import Desk

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
        bool, typer.Option("--check", help="Exit 1 if anything is to be done, or was done by hand.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show what `apply` would do: schedules to add, change and remove, when each runs next, what was done by hand."""
    found = at_desk(lambda desk: _plan(desk, applications or []))
    _show(found, as_json, applied=False)
    if check and (found.changes or any(one.drift for one in found.schedules)):
        raise typer.Exit(1)


def apply(
    applications: Applications = None,
    unpause: Annotated[
        bool, typer.Option("--unpause", help="Let schedules run again that were paused by hand.")
    ] = False,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Make, change and remove schedules so that they match the published dossiers; applying again does nothing."""
    done = at_desk(lambda desk: _apply(desk, applications or [], unpause, by))
    _show(done, as_json, applied=True, unpaused=unpause)


async def _plan(desk: Desk, applications: list[str]) -> SchedulePlan:
    from starter.provisioning.applying import plan_schedules

    found, _ = await plan_schedules(desk, applications)
    return found


async def _apply(desk: Desk, applications: list[str], unpause: bool, by: str | None) -> SchedulePlan:
    from starter.provisioning.applying import apply_schedules

    return await apply_schedules(desk, who_asks(desk.settings, by), applications, unpause=unpause)


def _show(plan: SchedulePlan, as_json: bool, *, applied: bool, unpaused: bool = False) -> None:
    if as_json:
        echo_json(plan)
    else:
        from starter.provisioning.page import show_plan

        show_plan(plan, applied=applied, unpaused=unpaused)
    if plan.unreadable:
        raise typer.Exit(1)
