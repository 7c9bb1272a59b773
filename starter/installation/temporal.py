"""Clients of Temporal: the embedded server's, or of the cluster that the environment names."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from temporalio.client import Client
from temporalio.envconfig import ClientConfig
from temporalio.service import RPCError

from models.converter import data_converter
from models.errors import SettingsError, TemporalUnavailableError
from models.settings import Settings

log = logging.getLogger("driftvakt.temporal")

_LONGEST_WAIT_S: Final = 15
_PAUSE_S: Final = 0.5


async def connect(settings: Settings, *, lazy: bool = False) -> Client:
    """Connect; a lazy client connects when it is first used, so that whoever holds it may start before Temporal does.

    Raises `TemporalUnavailableError` when nobody answers, `SettingsError` when `TEMPORAL_*` or its profile cannot be read.
    """
    options = client_options(settings)
    try:
        async with asyncio.timeout(_LONGEST_WAIT_S):
            return await Client.connect(**options, data_converter=data_converter, lazy=lazy)
    except (RuntimeError, RPCError, TimeoutError) as error:
        raise TemporalUnavailableError(
            f"Temporal does not answer at {options['target_host']}; start it with `driftvakt up`, or set temporal_address"
        ) from error
    except ValueError as error:
        raise SettingsError(f"the Temporal address {options['target_host']!r} cannot be used: {error}") from None


async def connect_patiently(settings: Settings) -> Client:
    """Connect, however long Temporal is away: for what is to serve once it is back."""
    tries = 0
    while True:
        try:
            return await connect(settings)
        except TemporalUnavailableError as error:
            tries += 1
            # Said at the first try, the second, the fourth and so on: a log is no place to wait in.
            if tries.bit_count() == 1:
                log.warning("%s; trying again", error)
            await asyncio.sleep(_PAUSE_S)


@asynccontextmanager
async def connected(settings: Settings, *, patiently: bool = False) -> AsyncIterator[Client]:
    """A client for a command: connected, and left in a way that does not crash the interpreter at its end."""
    try:
        client = await (connect_patiently if patiently else connect)(settings)
        yield client
        del client
    finally:
        # Without a moment for its threads to finish, the SDK brings the interpreter down at exit (sdk-python #300);
        # a connection that failed has threads too.
        await asyncio.sleep(0.05)


def client_options(settings: Settings) -> dict[str, Any]:
    """Arguments for `Client.connect`: Temporal's own environment and profile, and our settings above them where they are set."""
    try:
        options: dict[str, Any] = {**ClientConfig.load_client_connect_config()}
    except (RuntimeError, ValueError, OSError) as error:
        raise SettingsError(f"TEMPORAL_* or the Temporal profile cannot be read: {error}") from None
    if settings.temporal_address is not None or "target_host" not in options:
        options["target_host"] = settings.temporal_target
    if "temporal_namespace" in settings.model_fields_set or "namespace" not in options:
        options["namespace"] = settings.temporal_namespace
    return options
