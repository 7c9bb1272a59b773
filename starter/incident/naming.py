"""The short names by which people call incidents."""

from __future__ import annotations

import re
from collections.abc import Callable

from models.errors import UserError
from models.names import as_typed, incident_id

_NAME = re.compile(
    r"(?:inc\.)?(?:(?P<application>[a-z][a-z0-9-]{0,39}\.[a-z][a-z0-9-]{0,39})\.)?(?P<number>[0-9]{1,9})"
)


def workflow_id(text: str, application: str | None, applications: Callable[[], list[str]]) -> str:
    """The workflow id of `inc.acme.shop.17`, `acme.shop.17`, or `17` with an application; `UserError` when it is none of them.

    `applications` is asked only to name the choices.
    """
    match = _NAME.fullmatch(text)
    if match is None:
        raise UserError(f"{text!r} names no incident; write it as acme.shop.17, or 17 --application acme.shop")
    named, number = match["application"] or application, int(match["number"])
    if match["application"] and application not in {None, match["application"]}:
        raise UserError(f"{text} is no incident of {as_typed(application or '')}")
    if named is None:
        choices = ", ".join(f"{name}.{number}" for name in applications()) or "APPLICATION.17"
        raise UserError(f"incident {number} of which application? write {choices}")
    return incident_id(named, number)


def short(id: str) -> str:
    """What people call an incident: `acme.shop.17`."""
    return id.removeprefix("inc.")


def parts(id: str) -> tuple[str, int]:
    """The application and the number of a workflow id."""
    application, _, number = short(id).rpartition(".")
    return application, int(number)
