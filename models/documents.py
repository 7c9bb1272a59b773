"""Documents in the records: files for people, known by the digest of their content."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from models.base import Model

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""The SHA-256 of a content, as hexadecimal digits; `sha256sum` prints the same."""


class DocumentFile(Model):
    """A file whose content the records keep. Messages carry these fields, and never the content."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,149}$")]
    """The name of the file for its receivers: `acme.shop-monthly-2026-11.pdf`."""
    media_type: Annotated[str, Field(pattern=r"^[a-z]+/[a-z0-9.+-]+$")]
    """As in RFC 6838: `application/pdf`."""
    digest: Sha256
    size: Annotated[int, Field(ge=1)]
    """Bytes."""
