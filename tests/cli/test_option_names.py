"""An option has the name of the field that it fills: who knows the form in the UI knows the command, and the other way round."""

from __future__ import annotations

import pytest
import typer

from models.base import Model
from models.change import ChangeForm
from models.gates import Decision
from models.halts import HaltOrder, LiftHalt
from models.incident import (
    Acknowledge,
    CloseIncident,
    CustomerUpdate,
    HandOver,
    Note,
    Reclassify,
    Resume,
    SetCause,
    Waiting,
)
from models.maintenance import MaintenanceOrder
from models.major import AddIncidents, CloseMajor, MajorOrder, RemoveIncident, UpdateCustomers
from models.opening import OpenIncidentForm
from models.operation import AbortOperation, ComponentsOrder, ShutDownOrder
from models.restores import DrillOrder, RestoreOrder
from models.routine import RoutineOrder
from models.watch import MergeIncidents, ReopenIncident, SilenceOrder, SplitIncident
from starter.cli import app
from tests.cli.test_reference import commands

FILLS: dict[str, type[Model]] = {
    "change abort": AbortOperation,
    "change approve": Decision,
    "change reject": Decision,
    "change submit": ChangeForm,
    "drill run": DrillOrder,
    "halt": HaltOrder,
    "halt lift": LiftHalt,
    "incident ack": Acknowledge,
    "incident cause": SetCause,
    "incident close": CloseIncident,
    "incident decide": Decision,
    "incident handover": HandOver,
    "incident merge": MergeIncidents,
    "incident note": Note,
    "incident open": OpenIncidentForm,
    "incident reclassify": Reclassify,
    "incident reopen": ReopenIncident,
    "incident resume": Resume,
    "incident split": SplitIncident,
    "incident update": CustomerUpdate,
    "incident wait": Waiting,
    "maintenance run": MaintenanceOrder,
    "major add": AddIncidents,
    "major close": CloseMajor,
    "major handover": HandOver,
    "major note": Note,
    "major open": MajorOrder,
    "major remove": RemoveIncident,
    "major update": UpdateCustomers,
    "operation abort": AbortOperation,
    "operation decide": Decision,
    "operation shut-down": ShutDownOrder,
    "operation start-up": ComponentsOrder,
    "restore run": RestoreOrder,
    "routine order": RoutineOrder,
    "watch silence": SilenceOrder,
}
OF_THE_COMMAND = {"--json", "--yes", "--no-wait", "--wait", "--edit", "--application"}
"""How the command itself goes about it."""

OTHERWISE = {
    ("incident note", "--customer"): "says that the audience is the customer",
    ("major note", "--customer"): "says that the audience is the customer",
    ("halt lift", "--customer"): "says which halt: in the UI each is a page of its own",
    ("maintenance run", "--resume"): "takes the hosts from the run before",
    ("watch silence", "--for"): "says how long from now, where the form says until when",
}


@pytest.mark.parametrize("command", FILLS)
def test_an_option_has_the_name_of_the_field_that_it_fills(command: str) -> None:
    fields = {name.replace("_", "-") for name in FILLS[command].model_fields}
    found = dict(commands(typer.main.get_command(app)))[command]
    options = [parameter.opts for parameter in found.params if parameter.param_type_name == "option"]

    strange = [
        spelled
        for spelled in options
        if spelled[0] not in OF_THE_COMMAND | {"--help"}
        and (command, spelled[0]) not in OTHERWISE
        and not {spelled[0].removeprefix("--"), f"{spelled[0].removeprefix('--')}s"} & fields
    ]

    assert strange == []
