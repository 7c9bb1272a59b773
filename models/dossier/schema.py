"""The JSON schema of a dossier, for editors."""

from __future__ import annotations

import json

from models.dossier.dossier import Dossier


def schema_text() -> str:
    """The schema as it stands in examples/dossier.schema.json."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Dossier.model_json_schema()}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
