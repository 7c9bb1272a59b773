"""The dossier: one typed document for each application; monitoring, incidents, schedules and reports follow it."""

from models.dossier.dossier import Dossier

__all__ = ["Dossier"]
