"""The dossier: one typed document an application, from which everything that runs is made."""

from models.dossier.dossier import Dossier

__all__ = ["Dossier"]
