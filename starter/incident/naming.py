"""Short names of incidents, as people write them."""

from __future__ import annotations

import re
from collections.abc import Callable

from models.errors import UserError
from models.names import as_typed, incident_id

_NAME = re.compile(
    r"(?:inc\.)?(?:(?P<application>[a-z][a-z0-9-]{0,39}\.[a-z][a-z0-9-]{0,39})\.)?(?P<number>[0-9]{1,9})"
)


def workflow_id(text: str, application: str | None, applications: Callable[[], list[str]]) -> str:
    """Return the workflow id of `inc.acme.shop.17`, `acme.shop.17`, or `17` with an application.

    Raise `UserError` for any other text. `applications` is called only for the text of this error.
    """
    match = _NAME.fullmatch(text)
    if match is None:
        raise UserError(f"{text!r} is not an incident; write it as acme.shop.17, or 17 --application acme.shop")
    named, number = match["application"] or application, int(match["number"])
    if match["application"] and application not in {None, match["application"]}:
        raise UserError(f"{text} is not an incident of {as_typed(application or '')}")
    if named is None:
        choices = ", ".join(f"{name}.{number}" for name in applications()) or "APPLICATION.17"
        raise UserError(f"incident {number} of which application? write {choices}")
    return incident_id(named, number)


def short(id: str) -> str:
    """Return the short name of an incident, such as `acme.shop.17`."""
    return id.removeprefix("inc.")


def parts(id: str) -> tuple[str, int]:
    """Return the application and the number in a workflow id."""
    application, _, number = short(id).rpartition(".")
    return application, int(number)
