"""The adapter for any other kind of backup: it runs steps of the dossier, with the restore point in variables."""

from __future__ import annotations

import re
from datetime import UTC

from models.dossier.instructions import OwnBackup, RunStep, Step
from models.restores import Examined, RestorePoint
from workflows.restore.backups.adapter import Adapter, Place, in_environment, read_moment
from workflows.restore.backups.commands import script

_POINT = re.compile(r"^(\S+) (\d{1,20}) (\S.*)$", re.MULTILINE)


class OwnAdapter(Adapter):
    """Runs the dossier's own steps. They restore in place, after other steps kept the current data; a drill uses a directory."""

    def __init__(self, source: OwnBackup, place: Place) -> None:
        super().__init__(place)
        self.source = source
        self.aside = f"{place.scratch}/drill_{place.key}" if place.drill else ""
        self._point = ""

    def list_points(self) -> RunStep:
        """Return the dossier's command."""
        return self._with_variables(self.place.read_only("List the restore points", self.source.points))

    def read_points(self, said: str) -> list[RestorePoint]:
        """Parse lines with a time, a size and an id."""
        points = [
            RestorePoint(id=name, at=moment.astimezone(UTC), size_bytes=int(size))
            for at, size, name in _POINT.findall(said)
            if (moment := read_moment(at)) is not None
        ]
        return sorted(points, key=lambda p: (p.at, p.id), reverse=True)

    def examine(self, point: RestorePoint) -> RunStep:
        """Return the dossier's command; without one, a command that only checks that the size is not zero."""
        self._point = point.id
        command = self.source.examine or ["test", str(point.size_bytes or 0), "-gt", "0"]
        return self._with_variables(self.place.read_only(f"Examine {point.id}", command))

    def judge(self, said: str) -> Examined:
        """Return no facts: the command's success is all that is known."""
        return Examined()

    def restore_to_staging(self, point: RestorePoint, examined: Examined) -> list[Step]:
        """Return the steps of a drill, which restore into its directory; none for a restore in place."""
        self._point = point.id
        if not self.place.drill:
            return []
        made = self.place.run(
            f"Make {self.aside}", script('rm -rf -- "$1" && exec mkdir -p -m 700 -- "$1"', self.aside)
        )
        return [made, *self._steps(self.source.drill)]

    def environment(self, aside: bool) -> dict[str, str]:
        """Return the restore point and the directory of the drill."""
        return {"RESTORE_POINT": self._point, "RESTORED_TO": self.aside}

    def swap(self, examined: Examined) -> list[Step]:
        """Return the steps that keep the current data, and then those that restore."""
        return self._steps([*self.source.keep, *self.source.steps])

    def saved_to(self, examined: Examined) -> str:
        """Return the place that the dossier names; empty when it has no steps that keep the current data."""
        return (self.source.saved_to or "see the steps that keep it") if self.source.keep else ""

    def put_back(self, examined: Examined) -> list[Step]:
        """Return the dossier's steps that put the previous data back."""
        return self._steps(self.source.put_back)

    def remove(self) -> list[Step]:
        """Return the clean-up steps of a drill, and the removal of its directory."""
        removed = [self.place.run(f"Remove {self.aside}", ["rm", "-rf", "--", self.aside])] if self.aside else []
        return [*self._steps(self.source.clean_up if self.place.drill else []), *removed]

    def _steps(self, steps: list[Step]) -> list[Step]:
        return [self._with_variables(step) if isinstance(step, RunStep) else step for step in steps]

    def _with_variables(self, step: RunStep) -> RunStep:
        found = in_environment(step, self.place, self.environment(aside=False))
        return found.model_copy(update={"host": step.host, "component": step.component}) if _placed(step) else found


def _placed(step: RunStep) -> bool:
    return bool(step.host or step.component)
