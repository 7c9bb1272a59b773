"""Registers the search attributes in a namespace. Workflows hang without them, so this must precede the first worker."""

from __future__ import annotations

from collections.abc import Iterable

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.client import Client

from models.names import SEARCH_ATTRIBUTES

_TYPES = {
    "Keyword": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    "KeywordList": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD_LIST,
    "Datetime": IndexedValueType.INDEXED_VALUE_TYPE_DATETIME,
}


async def missing_search_attributes(client: Client) -> list[str]:
    """Return the search attributes that the namespace lacks."""
    known = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=client.namespace)
    )
    return [name for name in SEARCH_ATTRIBUTES if name not in known.custom_attributes]


async def add_search_attributes(client: Client, names: Iterable[str] = tuple(SEARCH_ATTRIBUTES)) -> None:
    """Add search attributes to the namespace."""
    types = {name: _TYPES[SEARCH_ATTRIBUTES[name]] for name in names}
    await client.operator_service.add_search_attributes(
        AddSearchAttributesRequest(namespace=client.namespace, search_attributes=types)
    )


async def register_search_attributes(client: Client) -> None:
    """Add the missing search attributes, if any."""
    if missing := await missing_search_attributes(client):
        await add_search_attributes(client, missing)
