"""Backups of any other kind: the steps that the dossier gives, told what to restore by variables."""

from __future__ import annotations

import re
from datetime import UTC

from models.dossier.instructions import OwnBackup, RunStep, Step
from models.restores import Examined, RestorePoint
from workflows.restore.backups.adapter import Adapter, Place, in_environment, read_moment
from workflows.restore.backups.commands import script

_POINT = re.compile(r"^(\S+) (\d{1,20}) (\S.*)$", re.MULTILINE)


class OwnAdapter(Adapter):
    """Steps of one's own. They restore in place, after what exists was kept by steps of one's own; only drills are aside."""

    def __init__(self, source: OwnBackup, place: Place) -> None:
        super().__init__(place)
        self.source = source
        self.aside = f"{place.scratch}/drill_{place.key}" if place.drill else ""
        self._point = ""

    def look(self) -> RunStep:
        """As the dossier says."""
        return self._told(self.place.look("Look for restore points", self.source.points))

    def read_points(self, said: str) -> list[RestorePoint]:
        """Lines of a time, a size and an id."""
        points = [
            RestorePoint(id=name, at=moment.astimezone(UTC), size_bytes=int(size))
            for at, size, name in _POINT.findall(said)
            if (moment := read_moment(at)) is not None
        ]
        return sorted(points, key=lambda p: (p.at, p.id), reverse=True)

    def examine(self, point: RestorePoint) -> RunStep:
        """As the dossier says; without a command, its size alone speaks."""
        self._point = point.id
        command = self.source.examine or ["test", str(point.size_bytes or 0), "-gt", "0"]
        return self._told(self.place.look(f"Look into {point.id}", command))

    def judge(self, said: str) -> Examined:
        """It ended well; that is all that is known."""
        return Examined()

    def bring(self, point: RestorePoint, examined: Examined) -> list[Step]:
        """In a drill into its directory; else nothing comes before what exists is kept."""
        self._point = point.id
        if not self.place.drill:
            return []
        made = self.place.run(
            f"Make {self.aside}", script('rm -rf -- "$1" && exec mkdir -p -m 700 -- "$1"', self.aside)
        )
        return [made, *self._steps(self.source.drill)]

    def environment(self, aside: bool) -> dict[str, str]:
        """What to restore, and whereto."""
        return {"RESTORE_POINT": self._point, "RESTORED_TO": self.aside}

    def swap(self, examined: Examined) -> list[Step]:
        """Keep, then restore."""
        return self._steps([*self.source.keep, *self.source.steps])

    def kept_at(self, examined: Examined) -> str:
        """As the dossier says."""
        return (self.source.kept_at or "as its steps say") if self.source.keep else ""

    def put_back(self, examined: Examined) -> list[Step]:
        """As the dossier says."""
        return self._steps(self.source.put_back)

    def remove(self) -> list[Step]:
        """As the dossier says; then its directory."""
        removed = [self.place.run(f"Remove {self.aside}", ["rm", "-rf", "--", self.aside])] if self.aside else []
        return [*self._steps(self.source.clean_up if self.place.drill else []), *removed]

    def _steps(self, steps: list[Step]) -> list[Step]:
        return [self._told(step) if isinstance(step, RunStep) else step for step in steps]

    def _told(self, step: RunStep) -> RunStep:
        told = in_environment(step, self.place, self.environment(aside=False))
        return told.model_copy(update={"host": step.host, "component": step.component}) if _placed(step) else told


def _placed(step: RunStep) -> bool:
    return bool(step.host or step.component)
