"""The example acme/shop with nothing that recurs but its maintenance."""

from __future__ import annotations

from models.dossier import Dossier
from models.dossier.load import read_dossier
from tests.dossier.written import EXAMPLES


def shop() -> Dossier:
    """Read it, without the restores, whose drills recur as well, and without reports."""
    whole = read_dossier(EXAMPLES / "acme" / "shop.yaml")
    alone = {"instructions": whole.instructions.model_copy(update={"restore": {}}), "reports": {}}
    return whole.model_copy(update=alone)


SHOP = shop()
