"""The JSON schemas of dossiers and changes, for editors."""

from __future__ import annotations

import json

from pydantic import BaseModel

from models.dossier.dossier import Dossier


def schema_text(model: type[BaseModel] = Dossier) -> str:
    """Return the schema as in examples/dossier.schema.json, or for `ChangeFile` as in examples/change.schema.json."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **model.model_json_schema()}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
